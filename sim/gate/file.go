package gate

import (
	"fmt"
	"os"

	"sigs.k8s.io/yaml"
)

// File is a file of assertions, in YAML or JSON:
//
//	apiVersion: simk.dev/v1
//	kind: Gates
//	assertions:
//	- pendingSeconds.p99 <= 30
//	- pods.pendingAtEnd <= base.pods.pendingAtEnd
type File struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Assertions []string `json:"assertions"`
}

// ReadFile reads the expressions of a file.
func ReadFile(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var f File
	if err := yaml.UnmarshalStrict(data, &f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if f.APIVersion != "simk.dev/v1" || f.Kind != "Gates" {
		return nil, fmt.Errorf("%s: apiVersion %q and kind %q are not simk.dev/v1 and Gates", path, f.APIVersion, f.Kind)
	}
	if len(f.Assertions) == 0 {
		return nil, fmt.Errorf("%s: it holds no assertions", path)
	}
	return f.Assertions, nil
}
