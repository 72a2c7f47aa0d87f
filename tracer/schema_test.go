package tracer

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(SchemaJSON))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("trace.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("trace.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestSchemaAcceptsGoodTraces(t *testing.T) {
	schema := compileSchema(t)
	var written bytes.Buffer
	if err := writeAll(&written, fullHead(), Each(fullEvents())); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{full, small, written.String(), `{"apiVersion":"simk.dev/v1","kind":"Trace"}`} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// onlyDecoder are the bad traces of which a schema cannot know: order,
// repetition, references, and limits.
var onlyDecoder = map[string]bool{
	"duplicate key": true, "duplicate events": true, "duplicate key in an event": true, "more behind all": true, "cut off behind the events": true, "twice, around the events": true, "duration behind the events": true,
	"startTime long ago": true, "duration too long": true, "duplicate owner": true,
	"owner that never is": true, "out of order": true, "beyond the end": true, "delete of nothing": true,
	"deleted twice": true, "delete in another namespace": true, "delete in another group": true,
	"no such node": true, "drain of no node": true, "recover of no node": true, "recover of a healthy node": true,
	"failed already": true, "owner's pod in two namespaces": true, "pod of an owner that is not": true, "node deleted before": true,
}

// The schema refuses what the decoder refuses, as far as it can.
func TestSchemaRefusesBadTraces(t *testing.T) {
	schema := compileSchema(t)
	for _, test := range badTraces {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(test.text))
		if err != nil {
			continue // not JSON at all
		}
		err = schema.Validate(doc)
		if refused := err != nil; refused == onlyDecoder[test.name] {
			t.Errorf("%s: refused: %v (%v)", test.name, refused, err)
		}
	}
}

// The schema and the decoder know the same keys.
func TestSchemaKeys(t *testing.T) {
	type part struct {
		Properties           map[string]any
		AdditionalProperties *bool
	}
	var schema struct {
		part
		Defs map[string]part `json:"$defs"`
	}
	if err := json.Unmarshal(SchemaJSON, &schema); err != nil {
		t.Fatal(err)
	}
	parts := map[string][]string{
		"metadata": metadataKeys, "ownerLifecycles": ownerPodsKeys, "ref": refKeys,
		"podOfOwner": {"apiVersion", "kind", "namespace", "owner", "index"}, "lifecycle": lifecycleKeys, "event": eventKeys, "nodes": nodesKeys,
	}
	schema.Defs["the trace"] = schema.part
	parts["the trace"] = topKeys
	closed := 0
	for name, p := range schema.Defs {
		if p.AdditionalProperties == nil {
			continue // a Kubernetes object, or no object
		}
		closed++
		got := slices.Sorted(maps.Keys(p.Properties))
		if diff := cmp.Diff(slices.Sorted(slices.Values(parts[name])), got); diff != "" {
			t.Errorf("%s: -decoder +schema:\n%s", name, diff)
		}
		if *p.AdditionalProperties {
			t.Errorf("%s: the schema allows unknown keys", name)
		}
	}
	if closed != len(parts) {
		t.Errorf("the schema has %d closed objects, the decoder %d", closed, len(parts))
	}
}
