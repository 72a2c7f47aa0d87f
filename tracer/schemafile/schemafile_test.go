package schemafile

import (
	"strings"
	"testing"
)

var sample = New([]byte(`{
  "type": "object", "additionalProperties": false, "required": ["name"],
  "properties": {
    "name": {"type": "string"}, "size": {"type": "integer", "minimum": 1},
    "parts": {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {"colour": {"enum": ["red", "blue"]}}}}
  }
}`))

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"name: a\nsixe: 3\n":                         `f.yaml:2:1: unknown key "sixe": did you mean "size"?`,
		"name: a\nparts:\n- colour: red\n- {x: 1}\n": `f.yaml:4:4: 1: unknown key "x": nothing there has a name like it`,
		"name: a\nparts:\n- colour: green\n":         `f.yaml:3:11: colour: value must be one of 'red', 'blue'`,
		"name: 3\nsize: 0\n":                         `f.yaml:1:7: name: got number, want string`,
		"name: a\npart: []\n":                        `f.yaml:2:1: unknown key "part": did you mean "parts"?`,
		"name: a\nprats: []\n":                       `f.yaml:2:1: unknown key "prats": nothing there has a name like it`,
		"size: 1\n":                                  `f.yaml:1:1: missing property 'name'`,
		"{":                                          `f.yaml: `,
		"name: a\nname: b\n":                         `f.yaml: `,
	} {
		if _, err := sample.Read("f.yaml", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestAt(t *testing.T) {
	f, err := sample.Read("f.yaml", []byte("name: a\nparts:\n- colour: red\n"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"name": "f.yaml:1:7", "parts 0 colour": "f.yaml:3:11", "parts 7": "f.yaml:3:1", "": "f.yaml:1:1"} {
		if got := f.At(strings.Fields(path)...); got != want {
			t.Errorf("%s: at %s, want %s", path, got, want)
		}
	}
	words, err := sample.Words()
	if err != nil || strings.Join(words, " ") != "colour name parts size" {
		t.Errorf("%v, %v", words, err)
	}
}
