package runconfig

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// Change sets a field of a configuration.
type Change struct {
	// Path has steps separated by points.
	Path string
	// Value is read as YAML, so that 3 is a number and "3" text.
	Value string
}

// documents may be files that a change reaches into.
var documents = []string{"schedulerConfig", "autoscaler", "nodes", "edit"}

// changed applies changes to a configuration's text. A document that is a file is
// taken in before a field of it is set.
func changed(text []byte, dir string, changes []Change) ([]byte, error) {
	root := map[string]any{}
	if err := yaml.UnmarshalStrict(text, &root); err != nil {
		return nil, err
	}
	for _, c := range changes {
		steps := strings.Split(c.Path, ".")
		var value any
		if err := yaml.UnmarshalStrict([]byte(c.Value), &value); err != nil {
			return nil, fmt.Errorf("set %s: %w", c.Path, err)
		}
		if len(steps) > 1 {
			if err := takeIn(root, steps[0], dir); err != nil {
				return nil, fmt.Errorf("set %s: %w", c.Path, err)
			}
		}
		if err := set(root, steps, value); err != nil {
			return nil, fmt.Errorf("set %s: %w", c.Path, err)
		}
	}
	return yaml.Marshal(root)
}

// takeIn replaces the path of a document by its content.
func takeIn(root map[string]any, name, dir string) error {
	path, isPath := root[name].(string)
	if !isPath || !slices.Contains(documents, name) {
		return nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	content := map[string]any{}
	if err := yaml.UnmarshalStrict(data, &content); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	root[name] = content
	return nil
}

// set sets the field at steps.
func set(at any, steps []string, value any) error {
	step, last := steps[0], len(steps) == 1
	switch at := at.(type) {
	case map[string]any:
		if step == "" {
			return errors.New("a step of the path is empty")
		}
		if last {
			at[step] = value
			return nil
		}
		if at[step] == nil {
			at[step] = map[string]any{}
		}
		return set(at[step], steps[1:], value)
	case []any:
		i, err := strconv.Atoi(step)
		if err != nil || i < 0 || i >= len(at) {
			return fmt.Errorf("%q is no place in a list of %d", step, len(at))
		}
		if last {
			at[i] = value
			return nil
		}
		return set(at[i], steps[1:], value)
	default:
		return fmt.Errorf("there is no field %q in %v", step, at)
	}
}
