package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	yamlnode "go.yaml.in/yaml/v3"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// maxFile bounds a configuration file, in bytes.
const maxFile = 8 << 20

// Load reads and checks a file. Errors name the place in it.
func Load(path string) (*Config, error) {
	text, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("read autoscaler configuration: %w", err)
	}
	return Parse(path, text)
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s is longer than %d MiB", path, maxFile>>20)
	}
	return text, err
}

// Parse is Load for text that errors call name.
func Parse(name string, text []byte) (*Config, error) {
	var document yamlnode.Node
	if err := yamlnode.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	converted, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c := Config{name: name, place: func(path string) string { return at(name, &document, path) }}
	unknown, err := json.UnmarshalStrict(converted, &c)
	if err != nil {
		return nil, c.Locate(&Fault{wrongType(converted), err})
	}
	if len(unknown) > 0 {
		field, _ := UnknownField(unknown[0])
		return nil, fmt.Errorf("%s: %w", c.place(field), unknown[0])
	}
	if err := c.complete(); err != nil {
		return nil, c.Locate(err)
	}
	if err := c.unused(&document); err != nil {
		return nil, c.Locate(err)
	}
	return &c, nil
}

// Fault is a mistake in a field, found when the file is read or when it is used.
type Fault struct {
	// Path is the field's, such as nodeGroups[2].min.
	Path string
	Err  error
}

func (f *Fault) Error() string { return f.Path + ": " + f.Err.Error() }
func (f *Fault) Unwrap() error { return f.Err }

func faultf(path, format string, args ...any) error {
	return &Fault{path, fmt.Errorf(format, args...)}
}

// UnknownField is the path of the field that strict decoding does not know, if that is
// what an error of its says.
func UnknownField(err error) (path string, ok bool) {
	path, ok = strings.CutPrefix(err.Error(), "unknown field ")
	return strings.Trim(path, `"`), ok
}

// Locate adds to an error about the file where in it the mistake is, or else only its name.
func (c *Config) Locate(err error) error {
	var fault *Fault
	if errors.As(err, &fault) {
		return fmt.Errorf("%s: %w", c.place(fault.Path), err)
	}
	return fmt.Errorf("%s: %w", c.name, err)
}
