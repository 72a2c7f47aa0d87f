package gate

import (
	"encoding/json"
	"fmt"
	"os"

	"simk.dev/simk/tracer/schemafile"
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

var fileSchema = schemafile.New([]byte(`{
  "type": "object", "required": ["apiVersion", "kind"], "additionalProperties": false,
  "properties": {
    "apiVersion": {"const": "simk.dev/v1"}, "kind": {"const": "Gates"},
    "assertions": {"type": "array", "items": {"type": "string"}}
  }
}`))

// ReadFile reads the expressions of a file.
func ReadFile(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	file, err := fileSchema.Read(path, data)
	if err != nil {
		return nil, err
	}
	var f File
	if err := json.Unmarshal(file.JSON, &f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(f.Assertions) == 0 {
		return nil, fmt.Errorf("%s: it holds no assertions", path)
	}
	return f.Assertions, nil
}
