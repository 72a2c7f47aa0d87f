package kubedump_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/formattest"
)

// Inputs that try to take memory, time or files.
func TestHostile(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nested deep", `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","creationTimestamp":"2026-01-01T00:00:00Z"},"x":` + strings.Repeat("[", 1<<20), "not valid JSON"},
		{"lists in lists", strings.Repeat(`{"apiVersion":"v1","kind":"List","items":[`, 50) + strings.Repeat("]}", 50), "more than 4 lists in each other"},
		{"yaml of aliases", "apiVersion: v1\nkind: List\nitems: [*a]\na: &a [" + strings.Repeat("x,", 1000) + "x]\n", "not valid YAML"},
		{"billion laughs", laughs(), "excessive aliasing"},
		{"an object that is too long", `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"` + strings.Repeat("x", 17<<20) + `"}}`, "longer than 16 MiB"},
		{"nothing of use", `{"apiVersion":"v1","kind":"Event","metadata":{"name":"a"}}`, "no Kubernetes objects that bear on placing and running pods"},
		{"not objects", "a,b\n1,2\n", "not a Kubernetes object"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := formattest.Write(t, "dump.yaml", test.text)
			_, err := formattest.Import(t, "kubernetes", nil, formats.Common{}, path)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want %q and the file's name", err, test.want)
			}
		})
	}
}

// laughs is a short YAML text of a huge value.
func laughs() string {
	text := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 10; i++ {
		n, m := string(rune('0'+i)), string(rune('0'+i-1))
		text += "a" + n + ": &a" + n + " [" + strings.TrimSuffix(strings.Repeat("*a"+m+",", 10), ",") + "]\n"
	}
	return text
}

// A gzip file of a few hundred kilobytes that holds 300 MiB of spaces.
func TestZipBomb(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	spaces := bytes.Repeat([]byte(" "), 1<<20)
	for range 300 {
		if _, err := z.Write(spaces); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := formattest.Import(t, "kubernetes", nil, formats.Common{}, formattest.Write(t, "dump.json.gz", b.String()))
	if err == nil || !strings.Contains(err.Error(), "decompress the file first") {
		t.Errorf("got %v", err)
	}
}

// A folder: links are not followed, other files are left alone, damaged ones told.
func TestFolder(t *testing.T) {
	outside := formattest.Write(t, "outside.json", `{"apiVersion":"v1","kind":"Node","metadata":{"name":"outside"}}`)
	dir := t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("quay/cluster-scoped-resources/core/nodes/n-1.yaml", "---\napiVersion: v1\nkind: Node\nmetadata: {name: n-1, resourceVersion: \"7\"}\n")
	write("quay/namespaces/shop/core/pods.yaml", "---\napiVersion: v1\nkind: PodList\nitems:\n- metadata:\n    name: p\n    namespace: shop\n  spec: {containers: []}\n")
	write("quay/namespaces/shop/pods/p/p.yaml", "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop, resourceVersion: \"8\"}\nspec: {containers: []}\n")
	write("quay/namespaces/shop/pods/p/logs/current.log", "all is well\n")
	write("version.json", "{\"clientVersion\": {}}")
	if err := os.Symlink(outside, filepath.Join(dir, "link.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, filepath.Join(dir, "quay", "loop")); err != nil {
		t.Fatal(err)
	}
	f, err := formats.Detect(dir)
	if err != nil || f.Name != "kubernetes" {
		t.Fatalf("detected %q, %v", f.Name, err)
	}
	r, err := formattest.Import(t, "kubernetes", nil, formats.Common{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(kinds(r.Head.Objects), " "); got != "Node/n-1 Pod/p" {
		t.Errorf("got %s", got)
	}
	notes := strings.Join(r.Notes, "\n")
	for _, want := range []string{"3 files of the folder not looked at", "1 file of the folder not read to the end", "left out 1 objects: they are there more than once"} {
		if !strings.Contains(notes, want) {
			t.Errorf("no note %q among:\n%s", want, notes)
		}
	}
}

// Whatever the input is, it is refused or makes a trace that passes the check.
func FuzzImport(f *testing.F) {
	f.Add([]byte(cluster))
	f.Add([]byte(`{"apiVersion":"v1","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"status":{"phase":"Failed"}}],"kind":"List"}`))
	f.Add([]byte(strings.ReplaceAll(cluster, "\n- ", "\n  - ")))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := formattest.Write(t, "dump.yaml", string(text))
		for _, at := range []string{"now", "creation"} {
			_, _ = formattest.Import(t, "kubernetes", []string{"--at", at}, formats.Common{}, path)
		}
	})
}
