// Package runconfig is a run's configuration in one file: all that can change an
// outcome. simk replay takes it with --config; simk compare runs several.
//
//	apiVersion: simk.dev/v1
//	kind: Run
//	seed: 3
//	schedulerConfig: most-allocated.yaml
//	autoscaler:
//	  apiVersion: simk.dev/v1
//	  kind: Autoscaler
//	  nodeGroups: [{name: general, max: 10, machine: m6i.xlarge}]
//	edit:
//	  operations:
//	  - scaleArrivals: {factor: 2}
//
// A document (schedulerConfig, autoscaler, nodes, edit) is the path of a file,
// relative to this one, or the content of such a file itself.
package runconfig

import (
	"bytes"
	_ "embed" // for the schema
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"simk.dev/simk/sim/explain"
	"simk.dev/simk/tracer/schemafile"
)

// What a file's apiVersion and kind are.
const (
	APIVersion = "simk.dev/v1"
	Kind       = "Run"
)

// SchemaJSON is the JSON Schema of a file.
//
//go:embed run.schema.json
var SchemaJSON []byte

var schema = schemafile.New(SchemaJSON)

// Config is a whole file. What is not given is as without the file.
type Config struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Seed starts all random choices, and is not 0; nil: not given.
	Seed *int64 `json:"seed,omitempty"`
	// Duration ends the run at that offset; 0: not given.
	Duration metav1.Duration `json:"duration,omitzero"`
	// SchedulerConfig is a KubeSchedulerConfiguration, Autoscaler an autoscaler's
	// file, Nodes a Node or a List of Nodes that replace the trace's, Edit a TraceEdit script.
	SchedulerConfig Document `json:"schedulerConfig,omitzero"`
	Autoscaler      Document `json:"autoscaler,omitzero"`
	Nodes           Document `json:"nodes,omitzero"`
	Edit            Document `json:"edit,omitzero"`
	// Machine is what the nodes are like where Nodes is a number; empty: as without it.
	Machine string `json:"machine,omitempty"`
	// FeatureGates are Kubernetes' by name.
	FeatureGates map[string]bool `json:"featureGates,omitempty"`
	// EndpointSlices runs the endpoint slice controller too.
	EndpointSlices bool `json:"endpointSlices,omitempty"`
	// OnError is stop or continue; empty: not given.
	OnError string `json:"onError,omitempty"`
	// Hooks are commands that run at points of the run.
	Hooks []Hook `json:"hooks,omitempty"`
	// Explain is off, pending or all: which attempts to place pods are recorded,
	// which changes no outcome; empty: not given.
	Explain explain.Mode `json:"explain,omitempty"`
	// RunTimes are the run's own word on how pods run: objects as sim.RunTime has them.
	RunTimes []json.RawMessage `json:"runTimes,omitempty"`
	// Behaviour is who runs the pods of nodes that do not say it; empty: not given.
	Behaviour string `json:"behaviour,omitempty"`
	// Parts are further residents of the cluster, by name, each with its section: an object, or
	// null.
	Parts map[string]json.RawMessage `json:"parts,omitempty"`

	file *schemafile.File
}

// At is where a value stands in the file, "run.yaml:3:7"; see schemafile.File.
func (c *Config) At(path ...string) string { return c.file.At(path...) }

// Hook is a command and the point at which it runs: before-start, before-run,
// after-run or after-stop.
type Hook struct {
	Point         string   `json:"point"`
	Command       []string `json:"command"`
	IgnoreFailure bool     `json:"ignoreFailure,omitempty"`
}

// Document is a file, or its content.
type Document struct {
	// Path is that of the file; empty: Content is it.
	Path    string
	Content []byte
	// Count is how many nodes there are, of the configuration's machine: Nodes alone may
	// be a number. 0: it is a file or content.
	Count int
}

// IsZero tells whether there is none.
func (d Document) IsZero() bool { return d.Path == "" && d.Content == nil && d.Count == 0 }

// UnmarshalJSON takes a string as a path, and an object as the content.
func (d *Document) UnmarshalJSON(data []byte) error {
	switch data = bytes.TrimSpace(data); {
	case bytes.HasPrefix(data, []byte(`"`)):
		return json.Unmarshal(data, &d.Path)
	case bytes.HasPrefix(data, []byte(`{`)):
		d.Content = slices.Clone(data)
		return nil
	}
	if json.Unmarshal(data, &d.Count) == nil {
		return nil
	}
	return fmt.Errorf("a document is the path of a file or its content, not %.40s", data)
}

// MarshalJSON is its inverse.
func (d Document) MarshalJSON() ([]byte, error) {
	if d.Path != "" {
		return json.Marshal(d.Path)
	}
	if d.Count != 0 {
		return json.Marshal(d.Count)
	}
	return d.Content, nil
}

// Read reads a file and resolves the paths in it.
func Read(path string) (*Config, error) { return ReadWith(path, nil) }

// ReadWith is Read with changes: paths of fields and what they are set to, such as
// "autoscaler.clusterAutoscaler.expander" and "price". Steps are separated by
// points; a number is a place in a list. A field that is not there is added.
func ReadWith(path string, changes []Change) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read run configuration: %w", err)
	}
	return parse(path, data, filepath.Dir(path), changes)
}

// Default is a configuration that changes nothing but what is said.
func Default(changes []Change) (*Config, error) {
	return parse("--set", fmt.Appendf(nil, "apiVersion: %s\nkind: %s\n", APIVersion, Kind), ".", changes)
}

func parse(name string, data []byte, dir string, changes []Change) (*Config, error) {
	file, err := schema.Read(name, data)
	if err != nil {
		return nil, err
	}
	if len(changes) > 0 {
		if data, err = changed(data, dir, changes); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		// Lines of the changed text would lead nowhere.
		if file, err = schema.Read(name+", changed by --set", data); err != nil {
			return nil, err
		}
	}
	if err := checkDuration(file); err != nil {
		return nil, err
	}
	var c Config
	if err := json.Unmarshal(file.JSON, &c); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, d := range []*Document{&c.SchedulerConfig, &c.Autoscaler, &c.Nodes, &c.Edit} {
		if d.Path == "" || filepath.IsAbs(d.Path) {
			continue
		}
		if d.Path, err = filepath.Abs(filepath.Join(dir, d.Path)); err != nil {
			return nil, err
		}
	}
	c.file = file
	return &c, c.check(file)
}

// check finds what the schema does not.
func (c *Config) check(file *schemafile.File) error {
	switch {
	case c.Seed != nil && *c.Seed == 0:
		return fmt.Errorf("%s: seed is a whole number, not 0", file.At("seed"))
	case c.Duration.Duration < 0:
		return fmt.Errorf("%s: duration %v is negative", file.At("duration"), c.Duration.Duration)
	case c.Machine != "" && c.Nodes.Count == 0:
		return fmt.Errorf("%s: machine says what the nodes are like when nodes is a number, such as 10, and it is not", file.At("machine"))
	}
	return nil
}

// checkDuration says where the duration is, if it is none.
func checkDuration(file *schemafile.File) error {
	var in struct{ Duration *string }
	if err := json.Unmarshal(file.JSON, &in); err != nil || in.Duration == nil {
		return err
	}
	if _, err := time.ParseDuration(*in.Duration); err != nil {
		return fmt.Errorf("%s: duration: want one such as 90s, 15m or 1h30m, not %q", file.At("duration"), *in.Duration)
	}
	return nil
}

// Gates are the feature gates as a flag has them, by name.
func (c *Config) Gates() string {
	var all []string
	for name, on := range c.FeatureGates {
		all = append(all, name+"="+strconv.FormatBool(on))
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}

// written begins the files of Write.
const written = "# Written by simk.\n"

// Write writes the configuration as YAML.
func (c *Config) Write(path string) error {
	data, err := yaml.Marshal(c)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append([]byte(written), data...), 0o666)
}

// MayWrite refuses a path where there is a file that Write has not written.
func MayWrite(path string) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && bytes.HasPrefix(data, []byte(written)) {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("%s exists and was not written by simk: name another folder, or move the file away", path)
}
