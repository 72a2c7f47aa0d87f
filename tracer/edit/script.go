package edit

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	yamlv3 "go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"sigs.k8s.io/yaml"
)

// SchemaJSON is the JSON Schema of scripts.
//
//go:embed script.schema.json
var SchemaJSON []byte

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
	raw, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var root yamlv3.Node
	if err := yamlv3.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	schema, words, err := compiledSchema()
	if err != nil {
		return nil, err
	}
	if err := schema.Validate(value); err != nil {
		return nil, schemaError(name, &root, err, words)
	}
	var s Script
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for i := range s.Operations {
		at := place(&root, []string{"operations", strconv.Itoa(i)}, "")
		s.Operations[i].source = fmt.Sprintf("%s:%d:%d: operations[%d]", name, at.Line, at.Column, i)
	}
	return &s, nil
}

// compiledSchema returns the schema, and all keys that it knows.
func compiledSchema() (*jsonschema.Schema, []string, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(SchemaJSON))
	if err != nil {
		return nil, nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("edit.json", doc); err != nil {
		return nil, nil, err
	}
	s, err := c.Compile("edit.json")
	return s, slices.Compact(slices.Sorted(slices.Values(keysOf(doc)))), err
}

func keysOf(v any) []string {
	m, _ := v.(map[string]any)
	var all []string
	for name, child := range m {
		if properties, ok := child.(map[string]any); ok && name == "properties" {
			for key := range properties {
				all = append(all, key)
			}
		}
		all = append(all, keysOf(child)...)
	}
	return all
}

// schemaError tells the first fault of a script in the order of its text.
func schemaError(name string, root *yamlv3.Node, err error, words []string) error {
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return fmt.Errorf("%s: %w", name, err)
	}
	var best *yamlv3.Node
	text := ""
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			walk(cause)
		}
		if len(e.Causes) > 0 {
			return
		}
		said := e.ErrorKind.LocalizedString(message.NewPrinter(language.English))
		key := ""
		if unknown, ok := e.ErrorKind.(*kind.AdditionalProperties); ok {
			key = slices.Min(unknown.Properties)
			said = fmt.Sprintf("unknown key %q: %s", key, closest(key, words))
		}
		if n := len(e.InstanceLocation); n > 0 {
			said = e.InstanceLocation[n-1] + ": " + said
		}
		at := place(root, e.InstanceLocation, key)
		if best == nil || at.Line < best.Line || at.Line == best.Line && (at.Column < best.Column || at.Column == best.Column && said < text) {
			best, text = at, said
		}
	}
	walk(invalid)
	return fmt.Errorf("%s:%d:%d: %s", name, best.Line, best.Column, text)
}

// place finds a value of a script, as far as its path goes, or a key in it.
func place(n *yamlv3.Node, path []string, key string) *yamlv3.Node {
	if n.Kind == yamlv3.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	if n.Kind == yamlv3.AliasNode {
		n = n.Alias
	}
	wanted := key
	if len(path) > 0 {
		wanted = path[0]
	}
	switch n.Kind {
	case yamlv3.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if wanted == "" || n.Content[i].Value != wanted {
				continue
			}
			if len(path) == 0 {
				return n.Content[i]
			}
			return place(n.Content[i+1], path[1:], key)
		}
	case yamlv3.SequenceNode:
		if i, err := strconv.Atoi(wanted); err == nil && len(path) > 0 && i >= 0 && i < len(n.Content) {
			return place(n.Content[i], path[1:], key)
		}
	}
	return n
}
