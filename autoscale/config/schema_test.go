package config

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	schema, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validate(t *testing.T, schema *jsonschema.Schema, text string) error {
	t.Helper()
	converted, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(converted))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(doc)
}

// The schema accepts a file with all there is, and so does Parse.
func TestSchemaAcceptsGoodFiles(t *testing.T) {
	schema := compileSchema(t)
	for _, text := range []string{full, head + "nodeGroups:\n- {name: a, max: 3, machine: m5.large}\n"} {
		if _, err := Parse("a.yaml", []byte(text)); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
		if err := validate(t, schema, text); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}

// onlyParser are the mistakes of which a schema cannot know: relations between
// values, and the catalogue.
var onlyParser = map[string]bool{
	"min above max": true, "no cpu": true, "duplicate names": true, "unknown machine": true, "unknown group": true, "duplicate key": true,
	"hasty agent": true, "no devices": true, "device twice": true, "no GPUs": true, "driver of none": true,
	"section of another mode": true, "flags of one's own": true, "Karpenter's in the default mode": true, "a group's options": true,
}

// The schema refuses what Parse refuses, as far as it can.
func TestSchemaRefusesMistakes(t *testing.T) {
	schema := compileSchema(t)
	for name, test := range mistakes {
		if name == "duplicate key" || name == "not yaml" {
			continue // nothing that a schema is shown
		}
		err := validate(t, schema, head+test.text)
		if refused := err != nil; refused == onlyParser[name] {
			t.Errorf("%s: refused: %v (%v)", name, refused, err)
		}
	}
}

// The schema and the structs know the same keys.
func TestSchemaKeys(t *testing.T) {
	type part struct {
		Properties           map[string]any
		AdditionalProperties any
	}
	var schema struct {
		part
		Defs map[string]part `json:"$defs"`
	}
	if err := json.Unmarshal(SchemaJSON, &schema); err != nil {
		t.Fatal(err)
	}
	structs := map[string]any{
		"nodeGroup": NodeGroup{}, "nodeTemplate": NodeTemplate{}, "provisioning": Provisioning{}, "distribution": Duration{},
		"window": Window{}, "spot": Spot{}, "startupTaints": StartupTaints{}, "resourceSlice": ResourceSlice{}, "devicePool": DevicePool{}, "groupOptions": GroupOptions{}, "resize": Resize{}, "clusterAutoscaler": ClusterAutoscaler{}, "karpenter": Karpenter{},
		"taint": corev1.Taint{}, "the file": Config{},
	}
	schema.Defs["the file"] = schema.part
	for name, p := range schema.Defs {
		if len(p.Properties) == 0 {
			continue
		}
		if p.AdditionalProperties != false {
			t.Errorf("%s: the schema allows unknown keys", name)
		}
		if structs[name] == nil {
			t.Errorf("%s: no struct has these keys", name)
			continue
		}
		if diff := cmp.Diff(keysOf(reflect.TypeOf(structs[name])), slices.Sorted(maps.Keys(p.Properties))); diff != "" {
			t.Errorf("%s: -struct +schema:\n%s", name, diff)
		}
	}
}

// keysOf returns the JSON names of a struct's fields, sorted.
func keysOf(s reflect.Type) []string {
	var keys []string
	for i := range s.NumField() {
		f := s.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			keys = append(keys, keysOf(f.Type)...)
		case name != "-" && f.IsExported():
			keys = append(keys, name)
		}
	}
	slices.Sort(keys)
	return keys
}
