package all

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/formattest"
)

// Kubernetes objects are a dump if a server has set something in them, else
// manifests; also in folders.
func TestDetectObjects(t *testing.T) {
	manifest := "# a comment\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n"
	for _, test := range []struct{ name, content, want string }{
		{"yaml", manifest, "manifests"},
		{"kind first", "kind: Pod\napiVersion: v1\nmetadata: {name: a}\n", "manifests"},
		{"template's null time", manifest + "spec:\n  template:\n    metadata:\n      creationTimestamp: null\n", "manifests"},
		{"json", `{"kind":"Node","apiVersion":"v1","metadata":{"name":"n"}}`, "manifests"},
		{"dumped yaml", manifest + "  creationTimestamp: \"2026-01-01T00:00:00Z\"\n", "kubernetes"},
		{"dumped flow yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, resourceVersion: \"7\"}\n", "kubernetes"},
		{"kind of the list last", `{"apiVersion":"v1","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"creationTimestamp":"2026-01-01T00:00:00Z","name":"a"}}],"kind":"List"}`, "kubernetes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := formattest.Write(t, "input", test.content)
			if f, err := formats.Detect(path); err != nil || f.Name != test.want {
				t.Errorf("the file is %q, %v, want %s", f.Name, err, test.want)
			}
			folder := filepath.Dir(formattest.Write(t, "a.yaml", test.content))
			if f, err := formats.Detect(folder); err != nil || f.Name != test.want {
				t.Errorf("the folder is %q, %v, want %s", f.Name, err, test.want)
			}
		})
	}
}

// simk's own traces are recognised, also damaged ones, and what is nothing is not.
func TestDetectOwnAndUnknown(t *testing.T) {
	for _, text := range []string{`{"apiVersion": "simk.dev/v1", "kind": "Trace", "events": []}`, "\n{\"kind\":\"Trace\", \"apiVersion\"\n: \"simk.dev/v9\", ", `{"apiVersion":"simk.dev/v1","kind":"Trace","objects":[{"apiVersion":"v1","kind":"Node"`} {
		if _, err := formats.Detect(formattest.Write(t, "input", text)); !errors.Is(err, formats.ErrOwn) {
			t.Errorf("%s: %v", text, err)
		}
	}
	late := strings.Repeat(`{"at":"1s","apply":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"}}]},`, 2000)
	for _, text := range []string{
		`{"events":[` + late + `{"at":"2s"}],"apiVersion":"simk.dev/v1","kind":"Trace"}`,
		`{"metadata":{"name":"x"},"events":[{"apply":[{"kind":"ConfigMap","data":{"a":"` + strings.Repeat("x", 1<<17) + `"}}],"at":"1s"}],"apiVersion":"simk.dev/v1"}`,
		`{"kind":"Trace","objects":[` + strings.Repeat(`{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}},`, 2000) + `{}],"apiVersion":"simk.dev/v1"}`,
		`{"duration":"1h","metadata":{"description":"` + strings.Repeat("x", 1<<17) + `"},"apiVersion":"simk.dev/v1"}`,
	} {
		if _, err := formats.Detect(formattest.Write(t, "late", text)); !errors.Is(err, formats.ErrOwn) {
			t.Errorf("%.60s: %v", text, err)
		}
	}
	for _, text := range []string{"", "once upon a time", "{}", "[{}]", `{"apiVersion":"v1","kind":"List","objects":[]}`, "\x00\x01", strings.Repeat("x", 1<<20)} {
		_, err := formats.Detect(formattest.Write(t, "input", text))
		if !errors.Is(err, formats.ErrUnknown) || !strings.Contains(err.Error(), "kubernetes, manifests") || !strings.Contains(err.Error(), "simk trace import FORMAT") {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	if _, err := formats.Detect(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, os.ErrNotExist) && (err == nil || !strings.Contains(err.Error(), "no such file")) {
		t.Errorf("a missing file: %v", err)
	}
}

// All inputs are one data set, of one format.
func TestDetectAll(t *testing.T) {
	manifest := formattest.Write(t, "a.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: n-1}\n")
	dump := formattest.Write(t, "b.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p, creationTimestamp: \"2026-01-01T00:00:00Z\"}\n")
	own := formattest.Write(t, "c.json", `{"apiVersion":"simk.dev/v1","kind":"Trace","events":[]}`)
	for _, both := range [][]string{{manifest, dump}, {dump, manifest}} {
		if f, err := formats.DetectAll(both); err != nil || f.Name != "kubernetes" {
			t.Errorf("%v: %s, %v", both, f.Name, err)
		}
	}
	log := formattest.Write(t, "log.swf", "; Version: 2.2\n1 0 1 10 1 -1 -1 1 10 -1 1 1 1 1 1 -1 -1 -1\n")
	if _, err := formats.DetectAll([]string{manifest, log}); err == nil || !strings.Contains(err.Error(), "is manifests, but") || !strings.Contains(err.Error(), "--merge") {
		t.Errorf("got %v", err)
	}
	values := formattest.Write(t, "values.yaml", "replicas: 3\n")
	if f, err := formats.DetectAll([]string{values, manifest}); err != nil || f.Name != "manifests" {
		t.Errorf("%s, %v", f.Name, err)
	}
	if _, err := formats.DetectAll([]string{manifest, own}); err == nil || errors.Is(err, formats.ErrOwn) || !strings.Contains(err.Error(), "give it alone") {
		t.Errorf("got %v", err)
	}
	if _, err := formats.DetectAll(nil); err == nil {
		t.Error("no input: no error")
	}
	for path, want := range map[string]string{manifest: "manifests", own: formats.Own} {
		s, name, err := formats.OpenAny([]string{path}, formats.Common{})
		if err != nil || name != want {
			t.Errorf("%s: opened as %q, %v", path, name, err)
			continue
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
