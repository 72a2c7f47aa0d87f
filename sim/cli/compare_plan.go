package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"simk.dev/simk/sim/runconfig"
)

// variant is one configuration to run.
type variant struct {
	name string
	// folder is the name as part of a path.
	folder string
	config *runconfig.Config
}

// dir is where the results of a seed go.
func (v variant) dir(out string, seed int) string {
	return filepath.Join(out, v.folder, fmt.Sprintf("seed-%d", seed))
}

// plan makes the variants: each configuration with each combination of the
// values that fields are set to.
func (o *compareOptions) plan() ([]variant, error) {
	if o.seeds < 1 {
		return nil, fmt.Errorf("--seeds %d: there must be one at least", o.seeds)
	}
	if o.jobs < 0 {
		return nil, fmt.Errorf("--jobs %d is negative", o.jobs)
	}
	sweeps, err := o.sweeps()
	if err != nil {
		return nil, err
	}
	runs := o.runs
	if len(runs) == 0 {
		runs = []string{"base="}
	}
	var plan []variant
	seen := map[string]bool{}
	for _, run := range runs {
		name, path, ok := strings.Cut(run, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--run %q: want NAME=FILE, or NAME= for a run without a configuration", run)
		}
		for _, changes := range combinations(sweeps) {
			config, err := readVariant(path, changes)
			if err != nil {
				return nil, err
			}
			v := variant{name: name, config: config}
			for i, c := range changes {
				if len(sweeps[i].values) == 1 {
					continue // the same everywhere
				}
				v.name += " " + c.Path[strings.LastIndexByte(c.Path, '.')+1:] + "=" + c.Value
			}
			if v.folder = folderOf(v.name); seen[v.folder] {
				return nil, fmt.Errorf("two runs are called %q: give each a name of its own", v.name)
			}
			seen[v.folder] = true
			plan = append(plan, v)
		}
	}
	if len(plan) < 2 {
		return nil, errors.New("one configuration alone cannot be compared: give another --run, or several values to --set")
	}
	return plan, nil
}

func readVariant(path string, changes []runconfig.Change) (*runconfig.Config, error) {
	if path == "" {
		return runconfig.Default(changes)
	}
	return runconfig.ReadWith(path, changes)
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9=_.-]+`)

// folderOf is a name without what folders are better without.
func folderOf(name string) string {
	return strings.TrimLeft(notInNames.ReplaceAllString(name, "_"), ".")
}

// sweep is a field and the values that it is set to.
type sweep struct {
	path   string
	values []string
}

func (o *compareOptions) sweeps() ([]sweep, error) {
	var all []sweep
	for _, s := range o.sets {
		path, values, ok := strings.Cut(s, "=")
		if !ok || path == "" {
			return nil, fmt.Errorf("--set %q: want PATH=VALUE,VALUE and so on", s)
		}
		all = append(all, sweep{path, strings.Split(values, ",")})
	}
	return all, nil
}

// combinations are all combinations of the values, each with a change for every
// sweep; one that changes nothing if there are none.
func combinations(sweeps []sweep) [][]runconfig.Change {
	all := [][]runconfig.Change{nil}
	for _, s := range sweeps {
		var more [][]runconfig.Change
		for _, before := range all {
			for _, value := range s.values {
				more = append(more, append(before[:len(before):len(before)], runconfig.Change{Path: s.path, Value: value}))
			}
		}
		all = more
	}
	return all
}
