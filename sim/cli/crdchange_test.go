package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

type object = map[string]any

// TestDefinitionsComeAndGo changes CustomResourceDefinitions in the middle of a trace: each
// ends the storage of their custom resources, and nothing else may notice. Only chance
// differs, since the apiserver draws random numbers for it: when within a second a drain
// tries again, and the order of what happens at one instant.
func TestDefinitionsComeAndGo(t *testing.T) {
	foo, bar, baz := definition("one.example", "foos", "Foo"), definition("one.example", "bars", "Bar"), definition("two.example", "bazs", "Baz")
	versions := func(change func(first object) []object) object {
		d := definition("one.example", "foos", "Foo")
		spec := d["spec"].(object)
		spec["versions"] = change(spec["versions"].([]object)[0])
		return d
	}
	updated := versions(func(v object) []object {
		v["additionalPrinterColumns"] = []object{{"name": "Size", "type": "string", "jsonPath": ".spec.size"}}
		return []object{v}
	})
	added := versions(func(v object) []object {
		return []object{v, {"name": "v2", "served": true, "storage": false, "schema": v["schema"]}}
	})
	run := func(t *testing.T, change object) map[string][]string {
		return outcomeOf(t, withChange(t, []object{foo, bar, baz}, change))
	}
	// An object that is applied again is created otherwise, with field ownership, and the random
	// numbers drawn meanwhile place pods that follow: like is compared with like.
	same := run(t, object{"apply": []object{foo}})
	nothing := run(t, object{"apply": []object{{"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": "x", "namespace": "default"}}}})
	for name, test := range map[string]struct {
		change object
		like   map[string][]string
	}{
		"updated":       {object{"apply": []object{updated}}, same},
		"version added": {object{"apply": []object{added}}, same},
		"deleted":       {object{"delete": []object{refTo(bar)}}, nothing},
		"group deleted": {object{"delete": []object{refTo(baz)}}, nothing},
	} {
		t.Run(name, func(t *testing.T) {
			for file, lines := range run(t, test.change) {
				if want := test.like[file]; !slices.Equal(lines, want) {
					t.Errorf("%s differs from that of a run without a change: %s", file, firstDifference(lines, want))
				}
			}
		})
	}
}

// firstDifference is the first line in which two files differ.
func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("line %d is %q, not %q", i+1, got[i], want[i])
		}
	}
	return fmt.Sprintf("%d lines, not %d", len(got), len(want))
}

func definition(group, plural, kind string) object {
	return object{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": object{"name": plural + "." + group},
		"spec": object{
			"group": group, "names": object{"kind": kind, "plural": plural}, "scope": "Namespaced",
			"versions": []object{{"name": "v1", "served": true, "storage": true, "schema": object{
				"openAPIV3Schema": object{"type": "object", "x-kubernetes-preserve-unknown-fields": true},
			}}},
		},
	}
}

func refTo(o object) object {
	return object{"apiVersion": o["apiVersion"], "kind": o["kind"], "name": o["metadata"].(object)["name"]}
}

// withChange writes testdata/mixed.json with definitions, a custom resource of each and,
// after two hours, a change.
func withChange(t *testing.T, definitions []object, change object) (path string) {
	t.Helper()
	text, err := os.ReadFile("../../testdata/mixed.json")
	if err != nil {
		t.Fatal(err)
	}
	var trace struct { // in the order that the format wants
		APIVersion json.RawMessage `json:"apiVersion"`
		Kind       json.RawMessage `json:"kind"`
		Metadata   json.RawMessage `json:"metadata"`
		Duration   json.RawMessage `json:"duration"`
		Objects    []any           `json:"objects"`
		Lifecycles json.RawMessage `json:"lifecycles"`
		Events     []any           `json:"events"`
	}
	if err := json.Unmarshal(text, &trace); err != nil {
		t.Fatal(err)
	}
	for _, d := range definitions {
		spec := d["spec"].(object)
		trace.Objects = append(trace.Objects, d, object{
			"apiVersion": spec["group"].(string) + "/v1", "kind": spec["names"].(object)["kind"], "metadata": object{"name": "a", "namespace": "default"},
		})
	}
	change["at"] = "2h10m"
	after := slices.IndexFunc(trace.Events, func(e any) bool { return e.(object)["at"] == "3h" })
	trace.Events = slices.Insert(trace.Events, after, any(change))
	if text, err = json.Marshal(trace); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "trace.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// fractions are of seconds, in pods.csv and events.jsonl.
var fractions = regexp.MustCompile(`(\d)\.\d+\b`)

// outcomeOf replays four hours of a trace and returns the lines of its tables, sorted and
// cut to whole seconds.
func outcomeOf(t *testing.T, trace string) map[string][]string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	cmd, _, stderr := command(t, "replay", trace, "--duration", "4h", "--out", out)
	if _, err := printed(t, cmd); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	tables := map[string][]string{}
	for _, name := range []string{"pods.csv", "timeline.csv", "events.jsonl"} {
		text, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(fractions.ReplaceAllString(string(text), "$1"), "\n")
		slices.Sort(lines)
		tables[name] = lines
	}
	return tables
}
