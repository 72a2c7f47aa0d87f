package edit

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"simk.dev/simk/tracer"
)

// memory is a trace in memory.
type memory struct {
	head   *tracer.Head
	events []tracer.Event
	next   int
}

func (m *memory) Head() *tracer.Head { return m.head }
func (m *memory) Close() error       { return nil }
func (m *memory) Next() (*tracer.Event, error) {
	if m.next == len(m.events) {
		return nil, io.EOF
	}
	m.next++
	e := m.events[m.next-1]
	return &e, nil
}

// told is an edited trace in words, one line for the start and one for each event.
func told(t *testing.T, h *tracer.Head, events []tracer.Event, operations ...Operation) (*tracer.Head, []string, error) {
	t.Helper()
	in := func() (tracer.Source, error) { return &memory{head: h, events: events}, nil }
	plan, err := (&Script{Seed: 5, Operations: operations}).Compile(Options{Open: func(string) (tracer.Source, error) { return in() }})
	if err != nil {
		return nil, nil, err
	}
	s, err := plan.Apply(in)
	if err != nil {
		return nil, nil, err
	}
	lines := []string{"start" + called(s.Head().Objects)}
	for e, err := range tracer.Events(s) {
		if err != nil {
			return nil, nil, err
		}
		line := tracer.FormatDuration(e.At) + called(e.Apply)
		for _, r := range e.Delete {
			line += " -" + r.Name
		}
		for _, p := range e.Pods {
			line += " ~" + p.String()
		}
		for _, n := range e.Nodes.Fail {
			line += " fail:" + n
		}
		for _, n := range e.Nodes.Drain {
			line += " drain:" + n
		}
		lines = append(lines, line)
	}
	return s.Head(), lines, nil
}

func called(all []tracer.Object) string {
	line := ""
	for _, o := range all {
		line += " " + o.GetName()
	}
	return line
}

func pod(name string) tracer.Object {
	return thing("v1", "Pod", "batch", name, map[string]any{"restartPolicy": "Never"})
}

func podRef(name string) tracer.ObjectRef {
	return tracer.ObjectRef{APIVersion: "v1", Kind: "Pod", Namespace: "batch", Name: name}
}

// small is a trace of two nodes and three pods; b is recorded to run for 5 minutes.
func small() (*tracer.Head, []tracer.Event) {
	h := &tracer.Head{
		StartTime: tracer.DefaultStartTime, Duration: time.Hour, HasDuration: true,
		Objects:    []tracer.Object{thing("v1", "Node", "", "n1", nil), thing("v1", "Node", "", "n2", nil), pod("a")},
		Lifecycles: []tracer.OwnerLifecycles{{Owner: podRef("b"), Pods: []tracer.Lifecycle{{RunFor: 5 * time.Minute, HasRunFor: true}}}},
	}
	return h, []tracer.Event{
		{At: time.Minute, Apply: []tracer.Object{pod("b")}, Nodes: tracer.NodeChange{Fail: []string{"n1"}}},
		{At: 2 * time.Minute, Apply: []tracer.Object{pod("c")}, Nodes: tracer.NodeChange{Drain: []string{"n2"}}},
		{At: 10 * time.Minute, Delete: []tracer.ObjectRef{podRef("b"), podRef("a")}},
	}
}

func TestWhatFollowsAnObject(t *testing.T) {
	for _, test := range []struct {
		name string
		op   Operation
		want string
		// owners are those with lifecycles, and how long their pods run.
		owners string
	}{
		{"keep", Operation{Keep: &Keep{Where: `object.metadata.name in ["b", "n2"]`}}, "start n2; 1m b; 2m drain:n2; 10m -b", "b 5m"},
		{"drop", Operation{Drop: &Drop{Where: `object.metadata.name == "b"`}}, "start n1 n2 a; 1m fail:n1; 2m c drain:n2; 10m -a", ""},
		{"clones", Operation{ScaleArrivals: &ScaleArrivals{Factor: 2}}, "start n1 n2 a a-1; 1m b b-1 fail:n1; 2m c c-1 drain:n2; 10m -b -b-1 -a -a-1", "b 5m, b-1 5m"},
		{"nodes", Operation{ScaleNodes: &ScaleNodes{Factor: 2}}, "start n1 n1-1 n2 n2-1 a; 1m b fail:n1 fail:n1-1; 2m c drain:n2 drain:n2-1; 10m -b -a", "b 5m"},
		{"half", Operation{ScaleNodes: &ScaleNodes{Factor: 0.5}}, "start n2 a; 1m b; 2m c drain:n2; 10m -b -a", "b 5m"},
		{"rename", Operation{Set: &Set{Where: `object.metadata.name == "b"`, Path: "metadata.name", Value: "z"}}, "start n1 n2 a; 1m z fail:n1; 2m c drain:n2; 10m -z -a", "z 5m"},
		{"run times", Operation{ScaleRunTimes: &ScaleRunTimes{Factor: 2}}, "start n1 n2 a; 1m b fail:n1; 2m c drain:n2; 10m -b -a", "b 10m"},
		// b has 4 minutes left at 2m, and has ended at 7m.
		{"slice", Operation{Slice: &Slice{From: After(2 * time.Minute)}}, "start n1 n2 a b; 0s fail:n1; 0s c drain:n2; 8m -b -a", "b 4m"},
		{"late slice", Operation{Slice: &Slice{From: After(7 * time.Minute)}}, "start n1 n2 a c; 0s fail:n1 drain:n2; 3m -a", ""},
		{"slice to", Operation{Slice: &Slice{To: After(2 * time.Minute)}}, "start n1 n2 a; 1m b fail:n1", "b 5m"},
		{"merge", Operation{Merge: &Merge{Trace: "x", Prefix: "p-", At: *After(30 * time.Second)}},
			"start n1 n2 a; 30s p-n1 p-n2 a; 1m b fail:n1; 1m30s b fail:p-n1; 2m c drain:n2; 2m30s c drain:p-n2; 10m -b -a; 10m30s -b -a", "b 5m, b 5m"},
	} {
		h, events := small()
		head, lines, err := told(t, h, events, test.op)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := strings.Join(lines, "; "); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, test.want)
		}
		var owners []string
		for _, l := range head.Lifecycles {
			owners = append(owners, l.Owner.Name+" "+tracer.FormatDuration(l.Pods[0].RunFor))
		}
		if got := strings.Join(owners, ", "); got != test.owners {
			t.Errorf("%s: lifecycles of %q, want %q", test.name, got, test.owners)
		}
	}
}

// many is a trace of pods, each deleted three minutes after it came.
func many(n int) (*tracer.Head, []tracer.Event) {
	var events []tracer.Event
	for i := range n {
		e := tracer.Event{At: time.Duration(i) * time.Minute, Apply: []tracer.Object{pod(fmt.Sprintf("p%d", i))}}
		if i >= 3 {
			e.Delete = []tracer.ObjectRef{podRef(fmt.Sprintf("p%d", i-3))}
		}
		events = append(events, e)
	}
	return &tracer.Head{StartTime: tracer.DefaultStartTime}, events
}

func TestSampleKeepsTheFraction(t *testing.T) {
	h, events := many(2000)
	kept := map[float64]map[string]bool{}
	for _, fraction := range []float64{0.2, 0.5} {
		kept[fraction] = map[string]bool{}
		_, lines, err := told(t, h, events, Operation{Sample: &Sample{Fraction: fraction}})
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			for _, word := range strings.Fields(line) {
				if strings.HasPrefix(word, "p") {
					kept[fraction][word] = true
				}
			}
		}
		// Four standard deviations of 2000 draws are 4.5 in a hundred at most.
		if got := float64(len(kept[fraction])) / 2000; got < fraction-0.045 || got > fraction+0.045 {
			t.Errorf("kept %v of the pods, want %v", got, fraction)
		}
	}
	for name := range kept[0.2] {
		if !kept[0.5][name] {
			t.Errorf("%s is in the smaller sample and not in the larger one", name)
		}
	}
}

// A clone lives as long as its original, and its name is unique.
func TestJitterKeepsLifetimes(t *testing.T) {
	h, events := many(200)
	_, lines, err := told(t, h, events, Operation{ScaleArrivals: &ScaleArrivals{Factor: 3, Jitter: After(10 * time.Minute)}})
	if err != nil {
		t.Fatal(err)
	}
	came, lived := map[string]time.Duration{}, map[string]time.Duration{}
	for _, line := range lines[1:] {
		words := strings.Fields(line)
		at, err := time.ParseDuration(words[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range words[1:] {
			if name, deleted := strings.CutPrefix(word, "-"); deleted {
				lived[name] = at - came[name]
			} else {
				came[word] = at
			}
		}
	}
	late := map[time.Duration]bool{}
	for i := range 197 {
		for _, name := range []string{fmt.Sprintf("p%d", i), fmt.Sprintf("p%d-1", i), fmt.Sprintf("p%d-2", i)} {
			if lived[name] != 3*time.Minute {
				t.Errorf("%s lived for %s", name, lived[name])
			}
			late[came[name]-time.Duration(i)*time.Minute] = true
		}
	}
	if len(came) != 600 || len(late) < 300 || slices.Max(slices.Collect(maps.Keys(late))) >= 10*time.Minute {
		t.Errorf("%d pods with %d different delays", len(came), len(late))
	}
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		op   Operation
		want string
	}{
		{Operation{}, "an operation is empty"},
		{Operation{Shift: &Shift{}, Keep: &Keep{}}, "in one operation"},
		{Operation{Keep: &Keep{}}, "an expression is missing"},
		{Operation{Keep: &Keep{Where: `object.metadata.nam == "a"`}}, `column 16: the object has no field "nam": did you mean "name"?`},
		{Operation{Keep: &Keep{Where: `[1,2,3,4,5,6,7,8,9].map(a, [1,2,3,4,5,6,7,8,9].map(b, [1,2,3,4,5,6,7,8,9].map(c, [1,2,3,4,5,6,7,8,9].map(d, [1,2,3,4,5,6,7,8,9].map(e, [1,2,3,4,5,6,7,8,9].map(f, f)))))).size() > 0`}}, "cost"},
		{Operation{ScaleArrivals: &ScaleArrivals{Factor: -1}}, "above 0"},
		{Operation{ScaleArrivals: &ScaleArrivals{Factor: 2, Suffix: "_"}}, "take only"},
		{Operation{Sample: &Sample{Fraction: 2}}, "from 0 to 1"},
		{Operation{Shift: &Shift{By: *After(-2 * time.Minute)}}, "cannot come 2m earlier"},
		{Operation{Stretch: &Stretch{Factor: 1e300}}, "above 0, up to"},
		{Operation{Slice: &Slice{From: After(2 * time.Hour)}}, "the trace ends at 1h"},
		{Operation{Merge: &Merge{Trace: "x"}}, "Pod batch/a: operation 1: merge: it is in both traces"},
		{Operation{Merge: &Merge{Trace: "x", Prefix: "B"}}, "the prefix"},
		{Operation{Set: &Set{Where: "true", Path: "metadata.name", Value: "z"}}, "it would have the name of what was"},
		{Operation{Set: &Set{Where: "true", Path: "kind", Value: 3}}, "have to stay"},
		{Operation{Unset: &Unset{Where: "true", Path: "a..b"}}, "column 3: a key is missing"},
		{Operation{Patch: &Patch{Where: "true", Type: "json", Patch: map[string]any{}}}, "list of operations"},
		{Operation{Patch: &Patch{Where: "true", Type: "strategy", Patch: map[string]any{}}}, "want json, merge or strategic"},
		{Operation{Insert: &Insert{Manifests: []string{"nowhere.yaml"}}}, "nowhere.yaml"},
	} {
		h, events := small()
		if _, _, err := told(t, h, events, test.op); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got %v, want %q", test.op, err, test.want)
		}
	}
}

func TestACloneDoesNotTakeAName(t *testing.T) {
	for _, pods := range [][]string{{"web", "web-1"}, {"web-1", "web"}} {
		h := &tracer.Head{StartTime: tracer.DefaultStartTime, Objects: []tracer.Object{pod(pods[0]), pod(pods[1])}}
		_, _, err := told(t, h, nil, Operation{ScaleArrivals: &ScaleArrivals{Factor: 2}})
		if err == nil || !strings.Contains(err.Error(), "another suffix") {
			t.Errorf("%v: got %v", pods, err)
		}
	}
	long := tracer.ObjectRef{APIVersion: "batch/v1", Kind: "Job", Name: strings.Repeat("a", 63)}
	if name := cloneName(long, "-", 12); len(name) > 63 || !strings.HasSuffix(name, "-12") {
		t.Errorf("got %q", name)
	}
}

func TestReplicas(t *testing.T) {
	job := func(spec map[string]any) object { return object{Object: thing("batch/v1", "Job", "b", "j", spec)} }
	for _, test := range []struct {
		o    object
		want map[string]any
	}{
		{object{Object: thing("apps/v1", "Deployment", "b", "d", map[string]any{"replicas": int64(3)})}, map[string]any{"replicas": int64(8)}},
		{object{Object: thing("apps/v1", "Deployment", "b", "d", map[string]any{"replicas": int64(0)})}, map[string]any{"replicas": int64(0)}},
		{object{Object: thing("apps/v1", "StatefulSet", "b", "d", map[string]any{})}, map[string]any{"replicas": int64(3)}},
		{job(map[string]any{}), map[string]any{"completions": int64(3), "parallelism": int64(3)}},
		{job(map[string]any{"parallelism": int64(2)}), map[string]any{"parallelism": int64(5)}},
		{job(map[string]any{"completions": int64(4)}), map[string]any{"completions": int64(10), "parallelism": int64(3)}},
	} {
		scaleReplicas(test.o, 2.5)
		if got := test.o.Object.Object["spec"]; !reflect.DeepEqual(got, test.want) {
			t.Errorf("got %v, want %v", got, test.want)
		}
	}
}

func TestPut(t *testing.T) {
	object := func() map[string]any {
		return map[string]any{"a": map[string]any{"b.c": "x"}, "l": []any{map[string]any{"n": int64(1)}, map[string]any{"n": int64(2)}}}
	}
	for _, test := range []struct {
		path, want string
		remove     bool
	}{
		{`a.b\.c`, `map[a:map[b.c:V] l:[map[n:1] map[n:2]]]`, false},
		{`l[*].n`, `map[a:map[b.c:x] l:[map[n:V] map[n:V]]]`, false},
		{`l[1].n`, `map[a:map[b.c:x] l:[map[n:1] map[n:V]]]`, false},
		{`l[2]`, `map[a:map[b.c:x] l:[map[n:1] map[n:2] V]]`, false},
		{`new.deep`, `map[a:map[b.c:x] l:[map[n:1] map[n:2]] new:map[deep:V]]`, false},
		{`l[0]`, `map[a:map[b.c:x] l:[map[n:2]]]`, true},
		{`l[*].n`, `map[a:map[b.c:x] l:[map[] map[]]]`, true},
		{`none.deep`, `map[a:map[b.c:x] l:[map[n:1] map[n:2]]]`, true},
	} {
		path, err := parsePath(test.path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := put(object(), path, "V", test.remove)
		if err != nil || fmt.Sprint(got) != test.want {
			t.Errorf("%s: got %v %v, want %s", test.path, got, err, test.want)
		}
	}
}

// The schema and the operations know the same keys.
func TestSchemaKnowsAllOperations(t *testing.T) {
	words, err := schema.Words()
	if err != nil {
		t.Fatal(err)
	}
	v := reflect.TypeFor[Operation]()
	for i := range v.NumField() {
		if !v.Field(i).IsExported() {
			continue
		}
		if name := tagOf(v.Field(i)); !slices.Contains(words, name) {
			t.Errorf("the schema does not know %s", name)
		}
		for f := range v.Field(i).Type.Elem().NumField() {
			if name := tagOf(v.Field(i).Type.Elem().Field(f)); !slices.Contains(words, name) {
				t.Errorf("the schema does not know %s", name)
			}
		}
	}
}

func TestAScriptMayBreakOff(t *testing.T) {
	h, events := small()
	broken := errors.New("broken")
	in := func() (tracer.Source, error) { return &failing{memory{head: h, events: events}, broken}, nil }
	plan, err := (&Script{}).Compile(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Apply(in); !errors.Is(err, broken) { // there are lifecycles: it reads twice
		t.Errorf("got %v", err)
	}
}

type failing struct {
	memory
	err error
}

func (f *failing) Next() (*tracer.Event, error) { return nil, f.err }
