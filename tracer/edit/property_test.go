package edit

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"simk.dev/simk/tracer"
)

// everyOperation holds one script for each operation and option, by name.
func everyOperation(t *testing.T) map[string][]Operation {
	t.Helper()
	dir := t.TempDir()
	node := writeFile(t, dir, "node.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: big, labels: {size: big}}\nstatus: {capacity: {cpu: 64}}\n")
	pod := writeFile(t, dir, "pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: guest, namespace: new}\nspec: {containers: [{name: a, image: b}]}\n")
	script := writeFile(t, dir, "a.skel", "remove(kind == \"Pod\", metadata.labels);\n")
	pods := `object.kind == "Pod"`
	one := func(o Operation) []Operation { return []Operation{o} }
	return map[string][]Operation{
		"nothing":             nil,
		"slice from":          one(Operation{Slice: &Slice{From: After(4 * time.Minute)}}),
		"slice to":            one(Operation{Slice: &Slice{To: After(20 * time.Minute)}}),
		"slice":               one(Operation{Slice: &Slice{From: After(3 * time.Minute), To: After(7 * time.Hour)}}),
		"keep":                one(Operation{Keep: &Keep{Where: pods}}),
		"drop":                one(Operation{Drop: &Drop{Where: pods}}),
		"drop nodes":          one(Operation{Drop: &Drop{Where: `object.kind == "Node"`}}),
		"keep late":           one(Operation{Keep: &Keep{Where: `at > duration("2m")`}}),
		"keep even":           one(Operation{Keep: &Keep{Where: `event % 2 == 0`}}),
		"sample":              one(Operation{Sample: &Sample{Fraction: 0.3}}),
		"sample none":         one(Operation{Sample: &Sample{}}),
		"arrivals":            one(Operation{ScaleArrivals: &ScaleArrivals{Factor: 3.4, Suffix: "-copy-"}}),
		"arrivals jitter":     one(Operation{ScaleArrivals: &ScaleArrivals{Factor: 3, Suffix: "-copy-", Jitter: After(10 * time.Minute)}}),
		"fewer arrivals":      one(Operation{ScaleArrivals: &ScaleArrivals{Factor: 0.4}}),
		"replicas":            one(Operation{ScaleReplicas: &ScaleReplicas{Factor: 2.5}}),
		"run times":           one(Operation{ScaleRunTimes: &ScaleRunTimes{Factor: 0.5}}),
		"shift":               one(Operation{Shift: &Shift{By: *After(90 * time.Minute)}}),
		"stretch":             one(Operation{Stretch: &Stretch{Factor: 1.0 / 3, RunTimes: true}}),
		"set":                 one(Operation{Set: &Set{Where: pods, Path: `metadata.annotations.simk\.dev/run-for`, Value: "30s"}}),
		"unset":               one(Operation{Unset: &Unset{Where: "true", Path: "metadata.labels"}}),
		"rename":              one(Operation{Patch: &Patch{Where: pods + ` && object.?metadata.?namespace.orValue("") == "batch"`, Type: "merge", Patch: map[string]any{"metadata": map[string]any{"namespace": "other"}}}}),
		"strategic":           one(Operation{Patch: &Patch{Where: pods, Patch: map[string]any{"spec": map[string]any{"priority": nil}}}}),
		"json patch":          one(Operation{Patch: &Patch{Where: "true", Type: "json", Patch: []any{map[string]any{"op": "add", "path": "/metadata/generation", "value": 2}}}}),
		"insert":              one(Operation{Insert: &Insert{At: *After(5 * time.Minute), Manifests: []string{pod}}}),
		"insert at the start": one(Operation{Insert: &Insert{Manifests: []string{pod}}}),
		"merge":               one(Operation{Merge: &Merge{Trace: "again", Prefix: "b-"}}),
		"merge later":         one(Operation{Merge: &Merge{Trace: "again", Prefix: "b-", At: *After(7 * time.Minute)}}),
		"prefix":              one(Operation{AddPrefix: &AddPrefix{Prefix: "x-"}}),
		"more nodes":          one(Operation{ScaleNodes: &ScaleNodes{Factor: 2.5, Suffix: "-clone-"}}),
		"half the nodes":      one(Operation{ScaleNodes: &ScaleNodes{Factor: 0.5}}),
		"node shape":          one(Operation{NodeShape: &NodeShape{Manifest: node}}),
		"node capacity":       one(Operation{NodeCapacity: &NodeCapacity{Resources: map[string]resource.Quantity{"cpu": resource.MustParse("3")}}}),
		"skel":                one(Operation{Skel: &Skel{File: script}}),
		"a chain": {
			{Slice: &Slice{From: After(time.Minute)}},
			{Sample: &Sample{Fraction: 0.5}},
			{ScaleArrivals: &ScaleArrivals{Factor: 2, Jitter: After(time.Minute), Suffix: "-c-"}},
			{ScaleNodes: &ScaleNodes{Factor: 0.5}},
			{Skel: &Skel{File: script}},
			{Merge: &Merge{Trace: "again", Prefix: "b-"}},
			{Slice: &Slice{From: After(2 * time.Minute), To: After(time.Hour)}},
			{Stretch: &Stretch{Factor: 2}},
		},
	}
}

func writeFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// editFile edits a trace, checks the result, and returns its bytes.
func editFile(t *testing.T, in string, s *Script) ([]byte, error) {
	t.Helper()
	open := func() (tracer.Source, error) { return tracer.Open(in) }
	plan, err := s.Compile(Options{Open: func(string) (tracer.Source, error) { return open() }})
	if err != nil {
		return nil, err
	}
	source, err := plan.Apply(open)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	out := filepath.Join(t.TempDir(), "out.json")
	if err := tracer.WriteFile(out, source.Head(), tracer.Events(source)); err != nil {
		return nil, err
	}
	if _, err := tracer.Check(out, tracer.CheckOptions{}); err != nil {
		t.Errorf("the edited trace does not hold: %v", err)
	}
	return os.ReadFile(out)
}

// Whatever the operation, a valid trace stays valid, and the same edit gives the
// same bytes.
func TestEveryOperationKeepsTracesValid(t *testing.T) {
	traces := map[string]string{"trace": "../../testdata/trace.json", "mixed": "../../testdata/mixed.json"}
	dir := t.TempDir()
	for seed := range 12 {
		name := fmt.Sprintf("made-%d", seed)
		traces[name] = filepath.Join(dir, name+".json")
		head, events := made(uint64(seed))
		if err := tracer.WriteFile(traces[name], head, tracer.Each(events)); err != nil {
			t.Fatal(err)
		}
	}
	for operation, operations := range everyOperation(t) {
		for name, path := range traces {
			t.Run(operation+"/"+name, func(t *testing.T) {
				s := &Script{Seed: 3, Operations: operations}
				first, err := editFile(t, path, s)
				if err != nil {
					t.Fatal(err)
				}
				again, err := editFile(t, path, s)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(first, again) {
					t.Error("the same edit gave other bytes")
				}
			})
		}
	}
}

// An edit of nothing gives what was there.
func TestNoOperations(t *testing.T) {
	for _, name := range []string{"trace", "mixed"} {
		path := "../../testdata/" + name + ".json"
		got, err := editFile(t, path, &Script{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := tracer.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(t.TempDir(), "same.json")
		if err := tracer.WriteFile(out, r.Head(), tracer.Events(r)); err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s changed", name)
		}
		r.Close()
	}
}
