// Package schemafile reads YAML and JSON files of which a JSON Schema says what may be in
// them. Errors name line and column, and the key that was probably meant:
//
//	file, err := schemafile.New(schemaJSON).Read("run.yaml", text)
//	run.yaml:3:1: unknown key "sead": did you mean "seed"?
package schemafile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	yamlv3 "go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"sigs.k8s.io/yaml"

	"simk.dev/simk/tracer/spelling"
)

// Schema is a JSON Schema for files of one kind.
type Schema struct {
	compile func() (*compiled, error)
}

type compiled struct {
	schema *jsonschema.Schema
	words  []string
}

// New returns the schema of a text, which is compiled when it is first needed.
func New(text []byte) *Schema {
	return &Schema{sync.OnceValues(func() (*compiled, error) { return compile(text) })}
}

func compile(text []byte) (*compiled, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		return nil, err
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		return nil, err
	}
	return &compiled{s, slices.Compact(slices.Sorted(slices.Values(keysOf(doc))))}, nil
}

// Words are all keys that the schema knows.
func (s *Schema) Words() ([]string, error) {
	c, err := s.compile()
	if err != nil {
		return nil, err
	}
	return c.words, nil
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

// File is a file that is as its schema wants it.
type File struct {
	// JSON is its content.
	JSON []byte

	name string
	root yamlv3.Node
}

// Read checks a text, which errors call name.
func (s *Schema) Read(name string, text []byte) (*File, error) {
	raw, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f := &File{JSON: raw, name: name}
	if err := yamlv3.Unmarshal(text, &f.root); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c, err := s.compile()
	if err != nil {
		return nil, fmt.Errorf("compile the schema of %s: %w", name, err)
	}
	if err := c.schema.Validate(value); err != nil {
		return nil, f.fault(err, c.words)
	}
	return f, nil
}

// fault tells the first fault of a file in the order of its text.
func (f *File) fault(err error, words []string) error {
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	faults := leaves(invalid)
	misspelt := map[string]bool{} // objects with a key that nobody knows
	for _, e := range faults {
		if _, ok := e.ErrorKind.(*kind.AdditionalProperties); ok {
			misspelt[strings.Join(e.InstanceLocation, "/")] = true
		}
	}
	var best *yamlv3.Node
	text := ""
	for _, e := range faults {
		if _, ok := e.ErrorKind.(*kind.Required); ok && misspelt[strings.Join(e.InstanceLocation, "/")] {
			continue // that is the key, most likely
		}
		said := e.ErrorKind.LocalizedString(message.NewPrinter(language.English))
		key := ""
		if unknown, ok := e.ErrorKind.(*kind.AdditionalProperties); ok {
			key = slices.Min(unknown.Properties)
			said = fmt.Sprintf("unknown key %q: %s", key, Closest(key, words))
		}
		if n := len(e.InstanceLocation); n > 0 {
			said = e.InstanceLocation[n-1] + ": " + said
		}
		at := place(&f.root, e.InstanceLocation, key)
		if best == nil || at.Line < best.Line || at.Line == best.Line && (at.Column < best.Column || at.Column == best.Column && said < text) {
			best, text = at, said
		}
	}
	return fmt.Errorf("%s:%d:%d: %s", f.name, best.Line, best.Column, text)
}

// leaves are the faults that have no others below them.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var all []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

// Closest suggests the nearest of the known words, or the first one that begins nearly so.
func Closest(word string, known []string) string {
	if nearest, ok := spelling.Nearest(word, known); ok {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	for _, k := range known {
		if len(word) < 4 || len(k) <= len(word) {
			continue // too little to go by
		}
		if _, ok := spelling.Nearest(word, []string{k[:len(word)]}); ok {
			return fmt.Sprintf("did you mean %q?", k)
		}
	}
	return "nothing there has a name like it"
}
