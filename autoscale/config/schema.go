package config

import (
	"bytes"
	_ "embed" // for the schema
	"errors"
	"fmt"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// SchemaJSON is the JSON Schema (draft 2020-12) of a file. It says what can be said
// about each value alone; Load knows more.
//
//go:embed schema/autoscaler-v1.schema.json
var SchemaJSON []byte

// wrongType finds what a decoder stumbled over, whose errors often do not tell: the
// path of the deepest value that is not as the schema wants it.
func wrongType(text []byte) string {
	schema, err := compiled()
	if err != nil {
		panic("autoscaler-v1.schema.json: " + err.Error()) // a test compiles it
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return ""
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(schema.Validate(doc), &invalid) {
		return ""
	}
	path := ""
	for _, step := range deepest(invalid) {
		if _, err := strconv.Atoi(step); err == nil {
			path += fmt.Sprintf("[%s]", step)
		} else if path == "" {
			path = step
		} else {
			path += "." + step
		}
	}
	return path
}

func compiled() (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(SchemaJSON))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("autoscaler.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("autoscaler.json")
}

// deepest returns the longest place among an error and its causes, the first of
// several.
func deepest(e *jsonschema.ValidationError) []string {
	place := e.InstanceLocation
	for _, cause := range e.Causes {
		if p := deepest(cause); len(p) > len(place) {
			place = p
		}
	}
	return place
}
