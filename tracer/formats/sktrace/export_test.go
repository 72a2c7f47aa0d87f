package sktrace

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
)

// list is a trace in memory.
type list struct {
	head   *tracer.Head
	events []tracer.Event
}

func (l *list) Head() *tracer.Head { return l.head }
func (l *list) Close() error       { return nil }
func (l *list) Next() (*tracer.Event, error) {
	if len(l.events) == 0 {
		return nil, io.EOF
	}
	e := &l.events[0]
	l.events = l.events[1:]
	return e, nil
}

// exportText exports a trace and returns the file, and what was warned of.
func exportText(t *testing.T, l list, version int) (string, []string) {
	t.Helper()
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	write := exporter(set)
	if err := set.Parse([]string{fmt.Sprintf("--version=%d", version)}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	var notes []string
	if err := write(&out, &l, func(note string) { notes = append(notes, note) }); err != nil {
		t.Fatal(err)
	}
	return out.String(), notes
}

func manifest(apiVersion, kind, namespace, name string, spec any) tracer.Object {
	metadata := map[string]any{"name": name}
	if namespace != "" {
		metadata["namespace"] = namespace
	}
	o := map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": metadata}
	if spec != nil {
		o["spec"] = spec
	}
	return tracer.Object{Unstructured: &unstructured.Unstructured{Object: o}}
}

func podTemplate() map[string]any {
	return map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "c"}}}}
}

func TestGoldenEncoding(t *testing.T) {
	ref := tracer.ObjectRef{APIVersion: "example.com/v1", Kind: "Crew", Name: "x"}
	trace := func() list {
		return list{
			&tracer.Head{StartTime: time.Unix(second, 0), Duration: 300 * time.Second, HasDuration: true,
				Lifecycles: []tracer.OwnerLifecycles{{Owner: ref, Pods: []tracer.Lifecycle{{RunFor: 30 * time.Second, HasRunFor: true}, {}}}}},
			[]tracer.Event{
				{At: 200 * time.Second, Apply: []tracer.Object{manifest("example.com/v1", "Crew", "", "x", map[string]any{
					"teams": []any{map[string]any{"template": podTemplate()}},
					"n":     []any{int64(-1), int64(-33), int64(200), int64(70000), 0.5, nil, true},
				})}},
				{At: 300 * time.Second, Delete: []tracer.ObjectRef{ref}},
			},
		}
	}
	marker := "\x83\xa2ts\xceeS\xf1\x00\xacapplied_objs\x90\xacdeleted_objs\x90"
	crew := "\xb3example.com/v1.Crew"
	head := "\xa6config\x81\xaetrackedObjects\x81" + crew + "\x82\xb4podSpecTemplatePaths\x91\xb6/spec/teams/*/template\xaetrackLifecycle\xc3"
	events := "\xa6events\x94" + marker +
		"\x83\xa2ts\xceeS\xf1\xc8\xacapplied_objs\x91\x84\xaaapiVersion\xaeexample.com/v1\xa4kind\xa4Crew\xa8metadata\x82\xa4name\xa1x\xa9namespace\xa7default" +
		"\xa4spec\x82\xa1n\x97\xff\xd0\xdf\xcc\xc8\xce\x00\x01\x11\x70\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00\xc0\xc3" +
		"\xa5teams\x91\x81\xa8template\x81\xa4spec\x81\xaacontainers\x91\x81\xa4name\xa1c\xacdeleted_objs\x90" +
		"\x83\xa2ts\xceeS\xf2,\xacapplied_objs\x90\xacdeleted_objs\x91\x83\xaaapiVersion\xaeexample.com/v1\xa4kind\xa4Crew\xa8metadata\x82\xa4name\xa1x\xa9namespace\xa7default" +
		strings.Replace(marker, "\xf1\x00", "\xf2,", 1)
	lifecycles := "\xaepod_lifecycles\x81\x92" + crew + "\xa9default/x\x81\xcf%HASH%\x92\x81\xa8Finished\x92\xceeS\xf1\xc8\xceeS\xf1\xe6\x81\xa7Running\xceeS\xf1\xc8"
	index := "\xa5index\x81" + crew + "\x81\xa9default/x\xcf%HASH%"
	tracked := "\xaftracked_objects\x81" + crew + "\x81\xa9default/x\x80"
	for version, want := range map[int]string{
		2: "\x85\xa7version\x02" + head + events + index + lifecycles,
		3: "\x85\xa7version\x03" + head + events + tracked + lifecycles,
	} {
		got, notes := exportText(t, trace(), version)
		// TestHashesOfTheSample checks the hashes; here they are just numbers of nine bytes.
		parts := strings.Split(want, "\xcf%HASH%")
		rest := got
		for i, part := range parts {
			if !strings.HasPrefix(rest, part) {
				t.Fatalf("version %d: part %d:\n got %q\nwant %q", version, i, rest, part)
			}
			rest = rest[len(part):]
			if i < len(parts)-1 {
				rest = rest[9:]
			}
		}
		if rest != "" || len(notes) != 0 {
			t.Errorf("version %d: more: %q; notes %q", version, rest, notes)
		}
	}
}

// What SimKube cannot hold is left out, and said.
func TestExportLeavesOut(t *testing.T) {
	crd := manifest("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "ships.example.com", map[string]any{
		"group": "example.com", "scope": "Cluster", "names": map[string]any{"kind": "Ship"},
	})
	pod := manifest("v1", "Pod", "a", "p", podTemplate()["spec"])
	owner := func(kind string) tracer.ObjectRef {
		return tracer.ObjectRef{APIVersion: "v1", Kind: kind, Namespace: "a", Name: "p"}
	}
	text, notes := exportText(t, list{
		&tracer.Head{StartTime: time.Unix(second, 5), Objects: []tracer.Object{crd, manifest("v1", "Node", "", "n", nil), manifest("v1", "Namespace", "", "a", nil)},
			Lifecycles: []tracer.OwnerLifecycles{
				{Owner: owner("Pod"), Pods: []tracer.Lifecycle{{RunFor: 1500 * time.Millisecond, HasRunFor: true, ExitCode: 1}}},
				{Owner: owner("Nobody"), Pods: []tracer.Lifecycle{{}}},
			}},
		[]tracer.Event{
			{At: 1, Apply: []tracer.Object{manifest("example.com/v1", "Ship", "", "s", nil)}},
			{At: 2 * time.Second, Nodes: tracer.NodeChange{Fail: []string{"n"}}},
			{At: 3 * time.Second, Apply: []tracer.Object{pod}, Delete: []tracer.ObjectRef{{APIVersion: "v1", Kind: "Node", Name: "n"}}},
		},
	}, 2)
	want := []string{
		"the start is cut down to a whole second",
		"4 objects without namespace, such as nodes, are left out: SimKube cannot have them",
		"1 events' times are cut down to whole seconds",
		"1 events lose what happens to nodes, of which SimKube's traces know nothing",
		"1 owners' life cycles are left out: the owner is not in the trace or has no namespace",
		"1 life cycles lose start delay, exit code, restarts or node, which SimKube does not have",
		"1 run times are cut down to whole seconds",
	}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Errorf("notes: -want +got:\n%s", diff)
	}
	r, err := importText(t, text, formats.Common{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Head.Objects) != 0 || len(r.Events) != 1 || r.Events[0].At != 3*time.Second || len(r.Events[0].Delete) != 0 {
		t.Errorf("came back as %+v, %+v", r.Head, r.Events)
	}
	if life := r.Head.Lifecycles[0].Pods[0]; life != (tracer.Lifecycle{RunFor: time.Second, HasRunFor: true}) {
		t.Errorf("the life came back as %+v", life)
	}
}

// Pods that carry their run time in an annotation run as long in SimKube.
func TestAnnotatedRunTimes(t *testing.T) {
	spec := podTemplate()["spec"].(map[string]any)
	spec["restartPolicy"] = "Never"
	pod := manifest("v1", "Pod", "a", "p", spec)
	pod.SetAnnotations(map[string]string{"simk.dev/run-for": "90s"})
	forever := pod.DeepCopy()
	forever.SetName("forever")
	forever.Object["spec"].(map[string]any)["restartPolicy"] = "Always"
	text, _ := exportText(t, list{&tracer.Head{Objects: []tracer.Object{pod, {Unstructured: forever}}}, nil}, 2)
	r, err := importText(t, text, formats.Common{})
	if err != nil {
		t.Fatal(err)
	}
	if l := r.Head.Lifecycles; len(l) != 1 || l[0].Owner.Name != "p" || l[0].Pods[0].RunFor != 90*time.Second {
		t.Errorf("got %+v", l)
	}
	if !r.Head.StartTime.Equal(tracer.DefaultStartTime) {
		t.Errorf("start: %v", r.Head.StartTime)
	}
}

func TestExportVersion(t *testing.T) {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	write := exporter(set)
	_ = set.Parse([]string{"--version=1"})
	if err := write(&bytes.Buffer{}, &list{head: &tracer.Head{}}, nil); err == nil {
		t.Error("version 1 was written")
	}
}

// The sample is the same after export and import.
func TestRoundTripOfTheSample(t *testing.T) {
	head, events := readSample(t)
	var all []tracer.Event
	for _, e := range events {
		all = append(all, *e)
	}
	for _, version := range []int{2, 3} {
		text, notes := exportText(t, list{head, all}, version)
		compare(t, list{head, all}, text)
		if len(notes) != 0 {
			t.Errorf("notes: %q", notes)
		}
	}
}

func compare(t *testing.T, want list, text string) {
	t.Helper()
	r, err := importText(t, text, formats.Common{Name: want.head.Name})
	if err != nil {
		t.Fatal(err)
	}
	r.Head.Source = want.head.Source // SimKube has no place for it
	if diff := cmp.Diff(want.head, r.Head, ignore); diff != "" {
		t.Errorf("head: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(want.events, r.Events, ignore); diff != "" {
		t.Errorf("events: -want +got:\n%s", diff)
	}
}

// What SimKube can express is the same after export and import.
func TestRoundTrip(t *testing.T) {
	for seed := range uint64(100) {
		l := randomTrace(rand.New(rand.NewPCG(seed, 7)))
		before := len(l.events)
		text, notes := exportText(t, l, 2+int(seed%2))
		compare(t, l, text)
		if t.Failed() || len(notes) != 0 {
			t.Fatalf("seed %d, %d events, notes %q", seed, before, notes)
		}
	}
}

func randomTrace(r *rand.Rand) list {
	h := &tracer.Head{Name: "random", StartTime: time.Unix(second+int64(r.IntN(1e6)), 0).UTC()}
	alive := map[tracer.ObjectRef]bool{}
	ever := map[tracer.ObjectRef]bool{}
	object := func() tracer.Object {
		kinds := [][2]string{{"v1", "Pod"}, {"apps/v1", "Deployment"}, {"example.com/v1beta1", "Crew"}, {"v1", "ConfigMap"}}
		k := kinds[r.IntN(len(kinds))]
		o := manifest(k[0], k[1], fmt.Sprint("ns", r.IntN(3)), fmt.Sprint("n", r.IntN(9)), nil)
		for range r.IntN(4) {
			o.Object[fmt.Sprint("f", r.IntN(5))] = randomValue(r, 0)
		}
		alive[o.Ref()], ever[o.Ref()] = true, true
		return o
	}
	for range r.IntN(4) {
		h.Objects = append(h.Objects, object())
	}
	var events []tracer.Event
	at := time.Duration(0)
	for i := range r.IntN(12) {
		at += time.Duration(r.IntN(3)*r.IntN(100)) * time.Second
		e := tracer.Event{Index: i, At: at}
		for range r.IntN(3) {
			e.Apply = append(e.Apply, object())
		}
		for _, ref := range sorted(alive) {
			if r.IntN(6) == 0 {
				e.Delete = append(e.Delete, ref)
				delete(alive, ref)
			}
		}
		events = append(events, e)
	}
	// An empty event at the end is how SimKube says when the end is.
	for n := len(events); n > 0 && len(events[n-1].Apply)+len(events[n-1].Delete) == 0; n-- {
		events = events[:n-1]
	}
	if r.IntN(2) == 0 {
		h.Duration, h.HasDuration = at+time.Duration(r.IntN(100))*time.Second, true
	}
	for _, ref := range sorted(ever) { // in the order in which they are written
		if r.IntN(2) == 0 {
			o := tracer.OwnerLifecycles{Owner: ref}
			for range 1 + r.IntN(4) {
				o.Pods = append(o.Pods, []tracer.Lifecycle{{}, {RunFor: time.Duration(r.IntN(1e6)) * time.Second, HasRunFor: true}}[r.IntN(2)])
			}
			h.Lifecycles = append(h.Lifecycles, o)
		}
	}
	return list{h, events}
}

func sorted(refs map[tracer.ObjectRef]bool) []tracer.ObjectRef {
	var all []tracer.ObjectRef
	for ref := range refs {
		all = append(all, ref)
	}
	slices.SortFunc(all, func(a, b tracer.ObjectRef) int {
		return strings.Compare(gvkOf(a)+" "+nsName(a), gvkOf(b)+" "+nsName(b))
	})
	return all
}

func randomValue(r *rand.Rand, depth int) any {
	switch n := r.IntN(8); {
	case n == 0:
		return nil
	case n == 1:
		return r.IntN(2) == 0
	case n == 2:
		return r.NormFloat64()
	case n == 3:
		return strings.Repeat("ä", r.IntN(20)*r.IntN(20)*r.IntN(60))
	case n < 6 || depth > 3:
		return int64(r.Uint64()) >> r.IntN(64)
	case n == 6:
		all := []any{}
		for range r.IntN(20) {
			all = append(all, randomValue(r, depth+1))
		}
		return all
	}
	m := map[string]any{}
	for range r.IntN(20) {
		m[fmt.Sprint("k", r.IntN(30))] = randomValue(r, depth+1)
	}
	return m
}
