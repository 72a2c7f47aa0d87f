package edit

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"simk.dev/simk/tracer/schemafile"
)

// SchemaJSON is the JSON Schema of scripts.
//
//go:embed script.schema.json
var SchemaJSON []byte

var schema = schemafile.New(SchemaJSON)

// ReadScript reads a script from a YAML or JSON file:
//
//	apiVersion: simk.dev/v1
//	kind: TraceEdit
//	seed: 7
//	operations:
//	- slice: {from: 2h, to: 6h}
//	- scaleArrivals: {factor: 10, jitter: 30s, where: 'object.metadata.namespace == "batch"'}
//
// Errors name file, line and column.
func ReadScript(path string) (*Script, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxScript {
		err = fmt.Errorf("it is longer than %d MiB", maxScript>>20)
	}
	if err != nil {
		return nil, fmt.Errorf("read the script %s: %w", path, err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the script: %w", err)
	}
	return ParseScript(path, text)
}

// ParseScript is ReadScript for a text, which errors call name.
func ParseScript(name string, text []byte) (*Script, error) {
	if len(text) > maxScript {
		return nil, fmt.Errorf("%s: longer than %d MiB", name, maxScript>>20)
	}
	file, err := schema.Read(name, text)
	if err != nil {
		return nil, err
	}
	var s Script
	if err := json.Unmarshal(file.JSON, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for i := range s.Operations {
		s.Operations[i].source = fmt.Sprintf("%s: operations[%d]", file.At("operations", strconv.Itoa(i)), i)
	}
	return &s, nil
}
