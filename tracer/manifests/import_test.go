package manifests

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"sigs.k8s.io/yaml"

	"simk.dev/simk/tracer"
)

// write puts a file into a folder and returns its path.
func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// imported imports one text and returns its objects as YAML: those at the
// start, then those of the burst.
func imported(t *testing.T, text string) (start, burst string, s Summary) {
	t.Helper()
	r, err := Import([]string{write(t, t.TempDir(), "in.yaml", text)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	start = yamlOf(t, r.Head.Objects)
	for _, e := range r.Events {
		burst += yamlOf(t, e.Apply)
	}
	return start, burst, r.Summary
}

func yamlOf(t *testing.T, objects []tracer.Object) string {
	t.Helper()
	var all []string
	for _, o := range objects {
		text, err := yaml.Marshal(o.Object)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return strings.Join(all, "---\n")
}

// names lists objects as "Kind/name".
func names(objects []tracer.Object) []string {
	var all []string
	for _, o := range objects {
		all = append(all, o.GetKind()+"/"+o.GetName())
	}
	return all
}

const mixed = `# a small cluster
apiVersion: v1
kind: Node
metadata: {name: n-1}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: shop}
spec: {containers: [{name: main, image: app}]}
---
# nothing here
---
apiVersion: v1
kind: List
items:
- apiVersion: scheduling.k8s.io/v1
  kind: PriorityClass
  metadata: {name: high}
  value: 1000
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: web}
  spec: {template: {spec: {containers: [{name: main, image: app}]}}}
- apiVersion: batch.example.com/v1
  kind: Gang
  metadata: {name: gang}
  spec: {tasks: [{template: {spec: {containers: [{name: main}]}}}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: kube-system}
data: {spec: "containers"}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gangs.batch.example.com}
spec: {group: batch.example.com, names: {kind: Gang}}
`

// Pods and workloads arrive, all else is there; used namespaces are added.
func TestArrange(t *testing.T) {
	path := write(t, t.TempDir(), "cluster.yaml", mixed)
	r, err := Import([]string{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Namespace/shop", "Namespace/web", "Node/n-1", "PriorityClass/high", "ConfigMap/c", "CustomResourceDefinition/gangs.batch.example.com"}
	if diff := cmp.Diff(want, names(r.Head.Objects)); diff != "" {
		t.Errorf("start: -want +got:\n%s", diff)
	}
	if len(r.Events) != 1 || r.Events[0].At != 0 {
		t.Fatalf("events: %+v", r.Events)
	}
	if diff := cmp.Diff([]string{"Pod/a", "Deployment/web", "Gang/gang"}, names(r.Events[0].Apply)); diff != "" {
		t.Errorf("burst: -want +got:\n%s", diff)
	}
	if pos := r.Events[0].Apply[0].Pos; pos.String() != path+":6:1" {
		t.Errorf("the pod is at %s", pos)
	}
	wantSummary := Summary{Documents: 7, Objects: 6, Arrivals: 3, Nodes: 1, Pods: 1, Namespaces: []string{"shop", "web"}}
	if diff := cmp.Diff(wantSummary, r.Summary); diff != "" {
		t.Errorf("summary: -want +got:\n%s", diff)
	}
	if r.Head.Name != "cluster" || r.Head.Source != "manifests: cluster.yaml" || !r.Head.StartTime.Equal(tracer.DefaultStartTime) || r.Head.HasDuration {
		t.Errorf("head: %+v", r.Head)
	}
}

func TestOptions(t *testing.T) {
	path := write(t, t.TempDir(), "cluster.yaml", mixed)
	start := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)
	r, err := Import([]string{path}, Options{Arrive: ArriveStart, Name: "n", Description: "d", StartTime: start, Duration: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Events) != 0 || len(r.Head.Objects) != 9 || r.Summary.Objects != 9 || r.Summary.Arrivals != 0 {
		t.Errorf("%d events, %d objects, %+v", len(r.Events), len(r.Head.Objects), r.Summary)
	}
	h := r.Head
	if h.Name != "n" || h.Description != "d" || !h.StartTime.Equal(start) || h.Duration != time.Hour || !h.HasDuration {
		t.Errorf("head: %+v", h)
	}
	_, err = Import([]string{path}, Options{Arrive: "later"})
	if want := `import manifests: arrive "later": want "burst" or "start"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// The same objects come out of YAML, JSON, lists, typed lists, folders and
// compressed files.
func TestInputForms(t *testing.T) {
	const pods = `{"apiVersion":"v1","kind":"PodList","items":[{"metadata":{"name":"a"},"spec":{"containers":[]}},` +
		`{"metadata":{"name":"b"},"spec":{"containers":[]}}]}`
	const one = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[]}}`
	const two = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b"},"spec":{"containers":[]}}`
	const yamlTwo = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: b\nspec:\n  containers: []\n"
	var zipped, zstdZipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, yamlTwo)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	zs, err := zstd.NewWriter(&zstdZipped)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(zs, two)
	if err := zs.Close(); err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string]map[string]string{
		"json":             {"a": one + two},
		"json on lines":    {"a": "\n" + one + "\n" + two + "\n"},
		"typed list":       {"a": pods},
		"list of lists":    {"a": `{"apiVersion":"v1","kind":"List","items":[` + pods + `]}`},
		"json in yaml":     {"a": "--- \n" + one + "\n---\n" + two},
		"yaml and comment": {"a": "%YAML 1.1\n--- # first\n" + one + "\n...\n---\n# second\n\n" + yamlTwo},
		"on the separator": {"a": "--- " + one + "\n--- " + two},
		"carriage returns": {"a": strings.ReplaceAll(one+"\n---\n"+yamlTwo, "\n", "\r\n")[len(one):] + "---\r\n" + one},
		"gzip":             {"a": one, "b": zipped.String()},
		"zstd":             {"a": one, "b": zstdZipped.String()},
		"twice":            {"a": one + two, "b": two},
		"folder":           {"dir/x.json": one, "dir/y.yaml.gz": zipped.String(), "dir/README.md": "# no manifest", "dir/more/z.yaml": "a: b"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var paths []string
			for _, f := range []string{"a", "b"} {
				if content, ok := files[f]; ok {
					paths = append(paths, write(t, dir, f, content))
				}
			}
			if len(paths) == 0 {
				if err := os.MkdirAll(filepath.Join(dir, "dir", "more"), 0o700); err != nil {
					t.Fatal(err)
				}
				for f, content := range files {
					write(t, dir, f, content)
				}
				paths = []string{filepath.Join(dir, "dir")}
			}
			r, err := Import(paths, Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := names(r.Events[0].Apply)
			if diff := cmp.Diff([]string{"Pod/a", "Pod/b"}, got, cmpopts.SortSlices(strings.Compare)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Errors name the file, the document and the line.
func TestErrors(t *testing.T) {
	const good = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", `in.yaml: no Kubernetes objects`},
		{"comments", "# none\n---\n", `in.yaml: no Kubernetes objects`},
		{"empty list", "kind: List\napiVersion: v1\nitems: []\n", `in.yaml: no Kubernetes objects`},
		{"yaml syntax", good + "---\n\n" + "a: b\nc: [\n", `in.yaml:7: document 2: not valid YAML: did not find expected node content`},
		{"yaml duplicate", good + "---\na: b\nb: c\na: d\n", `in.yaml:7: document 2: not valid YAML: unmarshal errors: key "a" already set in map`},
		{"yaml tab", good + "---\na:\n\tb: c\n", `in.yaml:6: document 2: not valid YAML: found character that cannot start any token`},
		{"scalar", good + "---\nhello\n", `in.yaml:5: document 2: not a Kubernetes object`},
		{"array", "[{}]", `in.yaml:1: document 1: not a Kubernetes object`},
		{"empty object", "{}\n{}", `in.yaml:1: document 1: apiVersion is missing: not a Kubernetes object`},
		{"json syntax in the second", `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}` + "\n{\n\"a\": tru}", `in.yaml:3: document 2: not valid JSON: invalid character '}' in literal true (expecting 'e')`},
		{"json cut off", "{\n\"a\":", `in.yaml:1: document 1: not valid JSON: unexpected EOF`},
		{"no kind", good + "---\napiVersion: v1\n", `in.yaml:5: document 2: kind is missing: not a Kubernetes object`},
		{"no name", good + "---\n# x\n" + "apiVersion: v1\nkind: Pod\n", `in.yaml:6: document 2: Pod: metadata.name is missing`},
		{"name is a number", "apiVersion: v1\nkind: Pod\nmetadata: {name: 7}\n", `in.yaml:1: document 1: Pod: metadata.name: want a string, found 7: quote it`},
		{"namespace is a truth value", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: y}\n", `in.yaml:1: document 1: Pod: metadata.namespace: want a string, found true: quote it`},
		{"metadata is a string", "apiVersion: v1\nkind: Pod\nmetadata: x\n", `in.yaml:1: document 1: Pod: metadata is not an object`},
		{"not text", "\x81\xa4", `in.yaml:1: document 1: not text in UTF-8 or UTF-16: want YAML or JSON`},
		{"flow yaml", "{a: b}", `in.yaml:1: document 1: not valid JSON: invalid character 'a' looking for beginning of object key string`},
		{"item", "kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n- {apiVersion: v1, kind: Pod}\n", `in.yaml:5: document 1: item 2: Pod: metadata.name is missing`},
		{"item is a string", "kind: List\napiVersion: v1\nitems: [x]\n", `in.yaml:1: document 1: item 1: not a Kubernetes object`},
		{"items is no list", "kind: List\napiVersion: v1\nitems: x\n", `in.yaml:1: document 1: List: items is not a list`},
		{"there twice", good + "---\n" + strings.Replace(good, "name: a", "name: a, labels: {x: y}", 1), `in.yaml:5: document 2: Pod a is there already, and differs: in.yaml:1: document 1`},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := Import([]string{write(t, dir, "in.yaml", test.text)}, Options{})
			if err == nil {
				t.Fatal("no error")
			}
			got := strings.ReplaceAll(err.Error(), dir+"/", "")
			if want := "import manifests: " + test.want; got != want {
				t.Errorf("got:  %s\nwant: %s", got, want)
			}
		})
	}
}

func TestFileErrors(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "cut.gz", "\x1f\x8b\x08\x00")
	for path, want := range map[string]string{
		"missing.yaml": "missing.yaml: no such file or directory",
		"folder":       "folder: no manifests in this folder (.yaml, .yml, .json)",
		"cut.gz":       "cut.gz: the gzip data is cut off: unexpected EOF",
	} {
		_, err := Import([]string{filepath.Join(dir, path)}, Options{})
		if err == nil || strings.ReplaceAll(err.Error(), dir+"/", "") != "import manifests: "+want {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
	if _, err := Import(nil, Options{}); err == nil {
		t.Error("no inputs: no error")
	}
}

// "-" is standard input.
func TestStandardInput(t *testing.T) {
	file, err := os.Open(write(t, t.TempDir(), "in", mixed))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	defer func(before *os.File) { os.Stdin = before }(os.Stdin)
	os.Stdin = file
	r, err := Import([]string{"-"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Summary.Documents != 7 || r.Head.Source != "manifests: standard input" || r.Head.Name != "standard input" {
		t.Errorf("%+v, %+v", r.Summary, r.Head)
	}
}

// What is written passes the check, and twice the same input gives the same
// bytes.
func TestImportToFile(t *testing.T) {
	dir := t.TempDir()
	in := write(t, dir, "cluster.yaml", mixed)
	var sums []string
	for _, name := range []string{"one.json", "two.json"} {
		out := filepath.Join(dir, name)
		s, err := ImportToFile([]string{in}, out, Options{})
		if err != nil {
			t.Fatal(err)
		}
		checked, err := tracer.Check(out, tracer.CheckOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if checked.Events != 1 || checked.Objects != s.Objects+s.Arrivals || s.Arrivals != 3 {
			t.Errorf("checked %+v, imported %+v", checked, s)
		}
		sums = append(sums, checked.SHA256)
	}
	if sums[0] != sums[1] {
		t.Error("two imports differ")
	}
	if _, err := ImportToFile([]string{in}, filepath.Join(dir, "no", "out.json"), Options{}); err == nil {
		t.Error("written into a folder that does not exist")
	}
}
