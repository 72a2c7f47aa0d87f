package csv

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/formattest"
)

const example = "testdata/pods.csv"

// lines is what pods are, for comparisons.
func lines(r formattest.Result) (all []string) {
	for _, e := range r.Events {
		for _, o := range e.Apply {
			a := o.GetAnnotations()
			all = append(all, fmt.Sprintf("%s %s/%s run=%s exit=%s cpu=%s memory=%s gpu=%s device=%s class=%v", e.At, o.GetNamespace(), o.GetName(),
				a["simk.dev/run-for"], a["simk.dev/exit-code"], formattest.Request(o, "cpu"), formattest.Request(o, "memory"),
				formattest.Request(o, "nvidia.com/gpu"), formattest.Request(o, "example.com/device"), o.Object["spec"].(map[string]any)["priorityClassName"]))
		}
	}
	return all
}

var exampleLines = []string{
	"0s batch/crunch-0 run=10m exit= cpu=500m memory=1Gi gpu= device= class=<nil>",
	"0s batch/crunch-1 run=10m exit= cpu=500m memory=1Gi gpu= device= class=<nil>",
	"0s batch/crunch-2 run=10m exit= cpu=500m memory=1Gi gpu= device= class=<nil>",
	"500ms default/pod-4 run= exit= cpu=250m memory= gpu= device=1 class=<nil>",
	"1m0s batch/empty run=45.5s exit=255 cpu= memory= gpu= device= class=system-node-critical",
	"1m30s ml/train-7 run=1h30m exit=1 cpu=4 memory=16Gi gpu=2 device= class=high",
}

func TestImport(t *testing.T) {
	r := formattest.MustImport(t, "csv", example)
	if diff := cmp.Diff(exampleLines, lines(r)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(r.Head.Objects) != 1 || r.Head.Objects[0].GetName() != "high" || r.Head.Objects[0].Object["value"] != int64(0) {
		t.Errorf("the head has %v", r.Head.Objects)
	}
	if notes := strings.Join(r.Notes, "\n"); !strings.Contains(notes, "--nodes") || !strings.Contains(notes, "--priority high=VALUE") {
		t.Errorf("notes are %q", notes)
	}
}

func TestPriority(t *testing.T) {
	r, err := formattest.Import(t, "csv", []string{"--priority", "high=1000"}, formats.Common{}, example)
	if err != nil || r.Head.Objects[0].Object["value"] != int64(1000) {
		t.Errorf("got %v, %v", r.Head, err)
	}
	if _, err := formattest.Import(t, "csv", []string{"--priority", "high=2000000000"}, formats.Common{}, example); err == nil {
		t.Error("a priority of 2000000000 is accepted")
	}
}

func TestInstants(t *testing.T) {
	path := formattest.Write(t, "t.csv", "arrival\n2026-03-02T06:00:01.5Z\n2026-03-02T07:00:00+01:00\n")
	r := formattest.MustImport(t, "csv", path)
	if !r.Head.StartTime.Equal(time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)) || r.Events[0].At != 0 || r.Events[1].At != 1500*time.Millisecond {
		t.Errorf("start %s, events %v", r.Head.StartTime, r.Events)
	}
}

// What is exported is imported as the same pods.
func TestRoundTrip(t *testing.T) {
	s := open1(t, example)
	var out bytes.Buffer
	var notes []string
	if err := export(&out, s, func(n string) { notes = append(notes, n) }); err != nil {
		t.Fatal(err)
	}
	r := formattest.MustImport(t, "csv", formattest.Write(t, "again.csv", out.String()))
	if diff := cmp.Diff(exampleLines, lines(r)); diff != "" {
		t.Errorf("-want +got:\n%s\n%s", diff, out.String())
	}
	if !strings.Contains(strings.Join(notes, "\n"), "PriorityClass") {
		t.Errorf("notes are %q", notes)
	}
}

func open1(t *testing.T, path string) tracer.Source {
	t.Helper()
	s, err := open([]string{path}, formats.Common{}, priorities{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestExportSaysWhatIsLost(t *testing.T) {
	const trace = `{"apiVersion": "simk.dev/v1", "kind": "Trace",
	"objects": [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}},
		{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "old", "labels": {"a": "b"}}}],
	"lifecycles": [{"owner": {"apiVersion": "v1", "kind": "Pod", "namespace": "default", "name": "old"}, "pods": [{"runFor": "7s", "exitCode": 3, "restarts": 1}]}],
	"events": [
		{"at": "1s", "apply": [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"restartPolicy": "Never", "nodeSelector": {"a": "b"},
			"containers": [{"name": "a", "resources": {"requests": {"cpu": "1"}}}, {"name": "b", "resources": {"requests": {"cpu": "500m"}}}]}}]},
		{"at": "3s", "delete": [{"apiVersion": "v1", "kind": "Pod", "name": "p"}], "nodes": {"fail": ["n"]}},
		{"at": "4s", "apply": [{"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "default", "name": "p", "annotations": {"simk.dev/run-for": "x"}}}]}]}`
	r, err := tracer.Open(formattest.Write(t, "trace.json", trace))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out bytes.Buffer
	var notes []string
	if err := export(&out, r, func(n string) { notes = append(notes, n) }); err != nil {
		t.Fatal(err)
	}
	want := `arrival,duration,cpu,memory,gpu,namespace,name,priorityClass,exitCode
0s,7s,,,,default,old,,3
1s,2s,1500m,,,default,p,,
4s,,,,,default,,,
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	all := strings.Join(notes, "\n")
	for _, want := range []string{"1 objects that are no bare pods are lost: Node", "1 pods have labels", "start delay or restarts", "several containers",
		"which nodes they want", "1 pods are deleted", "events of nodes", "name of a deleted one", "cannot be read"} {
		if !strings.Contains(all, want) {
			t.Errorf("notes do not say %q:\n%s", want, all)
		}
	}
}

func TestSniff(t *testing.T) {
	for header, want := range map[string]bool{
		"arrival,CPU\n": true, "Arrival,example.com/x\n": true, "arrival,other\n": false, "cpu,memory\n": false, "": false, "{}": false,
	} {
		if got := sniff(formats.Sample{Prefix: []byte(header)}); got != want {
			t.Errorf("%q: got %v", header, got)
		}
	}
}

func TestRefuse(t *testing.T) {
	formattest.Refuse(t, "csv", []formattest.Bad{
		{Name: "unknown column", Content: "arrival,colour\n", Want: `:1:9: unknown column "colour"`},
		{Name: "no arrival", Content: "cpu\n1\n", Want: `"arrival" is missing`},
		{Name: "column twice", Content: "arrival,gpu,nvidia.com/gpu\n", Want: "twice"},
		{Name: "NUL", Content: "arrival\n0\x00\n", Want: ":2:1: arrival"},
		{Name: "NUL in a name", Content: "arrival,name\n0,a\x00b\n", Want: ":2:3: name"},
		{Name: "negative", Content: "arrival\n-1\n", Want: "arrival"},
		{Name: "negative duration", Content: "arrival,duration\n0,-1s\n", Want: ":2:3: duration"},
		{Name: "NaN", Content: "arrival\nNaN\n", Want: "arrival"},
		{Name: "infinite", Content: "arrival,duration\n0,inf\n", Want: "duration"},
		{Name: "overflow", Content: "arrival\n1e300\n", Want: "arrival"},
		{Name: "long duration", Content: "arrival\n2000000h\n", Want: "60 years"},
		{Name: "far away", Content: "arrival\n2026-01-01T00:00:00Z\n0001-01-01T00:00:00Z\n", Want: ":3:1: arrival: "},
		{Name: "mixed", Content: "arrival\n2026-01-01T00:00:00Z\n5\n", Want: "either all rows"},
		{Name: "count", Content: "arrival,count\n0,0\n", Want: "count"},
		{Name: "too many pods", Content: "arrival,count,name\n0,10000000,a\n1,1,b\n", Want: ":3:1: there are more than 10000000 pods"},
		{Name: "cpu", Content: "arrival,cpu\n0,1e999999999\n", Want: ":2:3: cpu"},
		{Name: "half a GPU", Content: "arrival,gpu\n0,0.5\n", Want: "whole number"},
		{Name: "exit code", Content: "arrival,exitCode\n0,256\n", Want: "from 0 to 255"},
		{Name: "name twice", Content: "arrival,name\n0,a\n1,a\n", Want: ":3:3: pod default/a is on line 2 already"},
		{Name: "name of another row", Content: "arrival,name,count\n0,a,3\n1,a-2,1\n", Want: ":3:1: pod a-2 is also one of the pods of line 2"},
		{Name: "long name", Content: "arrival,name,count\n0," + strings.Repeat("a", 250) + ",2\n", Want: "240"},
		{Name: "missing value", Content: "arrival,cpu\n0\n", Want: "2 columns"},
		{Name: "huge line", Content: "arrival\n" + strings.Repeat("1", 3<<20), Want: "longer than 1024 KiB"},
	})
}

func FuzzImport(f *testing.F) {
	formattest.Fuzz(f, "csv", []string{formattest.Slice(f, "pods.csv"), "arrival,count\n2026-01-01T00:00:00Z,3\n", "arrival,x/y\n0,1\n"})
}

// Two names of one hash are two names.
func TestNamesOfOneHash(t *testing.T) {
	all := []key{{"n", "a"}, {"n", "b"}}
	n := newNames()
	of := func(row int32) key { return all[row] }
	n.add(all[0], 0)
	n.rows[maphash.Comparable(n.seed, all[1])] = 0 // as if b had the hash of a
	if _, found := n.find(all[1], of); found {
		t.Error("b is found and was not added")
	}
	n.add(all[1], 1)
	for i, k := range all {
		if row, found := n.find(k, of); !found || int(row) != i {
			t.Errorf("%v: found %v, row %d", k, found, row)
		}
	}
}
