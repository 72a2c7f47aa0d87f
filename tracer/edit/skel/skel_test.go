package skel

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"simk.dev/simk/tracer"
)

// list is a trace in memory.
type list struct {
	head   tracer.Head
	events []tracer.Event
	closed bool
}

func (l *list) Head() *tracer.Head { return &l.head }
func (l *list) Close() error       { l.closed = true; return nil }
func (l *list) Next() (*tracer.Event, error) {
	if len(l.events) == 0 {
		return nil, io.EOF
	}
	e := &l.events[0]
	l.events = l.events[1:]
	return e, nil
}

// obj reads an object: JSON without apiVersion and metadata, for short.
func obj(t testing.TB, name, text string) tracer.Object {
	t.Helper()
	var m map[string]any
	if err := utiljson.Unmarshal([]byte(text), &m); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if m["kind"] == nil {
		m["kind"] = "Deployment"
	}
	m["apiVersion"] = "v1"
	if m["metadata"] == nil {
		m["metadata"] = map[string]any{}
	}
	m["metadata"].(map[string]any)["name"] = name
	return tracer.Object{Unstructured: &unstructured.Unstructured{Object: m}}
}

// change does a script to one object and returns what it became, as obj takes
// it; nothing if it was deleted.
func change(t *testing.T, text, object string) (string, Counts) {
	t.Helper()
	s, err := Parse("t.skel", text)
	if err != nil {
		t.Fatal(err)
	}
	in := obj(t, "a", object)
	before := in.DeepCopy()
	out, deleted, err := s.run(s.commands, in, 10*time.Minute, time.Unix(1000, 0))
	if err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(before.Object, in.Object) {
		t.Error("the script changed its input")
	}
	if deleted {
		return "", s.Counts()
	}
	delete(out.Object, "apiVersion")
	metadata := out.Object["metadata"].(map[string]any)
	if delete(metadata, "name"); len(metadata) == 0 {
		delete(out.Object, "metadata")
	}
	if out.GetKind() == "Deployment" {
		delete(out.Object, "kind")
	}
	b, err := json.Marshal(out.Object)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), s.Counts()
}

func TestCommands(t *testing.T) {
	const (
		image   = `{"c":[{"image":"a"},{"image":"b"},{"x":1}]}`
		volumes = `{"m":[{"name":"v1"},{"name":"v2"},{"name":"v3"}],"v":[{"name":"v1","secret":{}},{"name":"v2"},{"name":"v3","secret":null}]}`
		numbers = `{"cpu":"500m","n":3}`
	)
	for _, test := range []struct {
		script, object, want string
		counts               Counts
	}{
		{``, `{"s":1}`, `{"s":1}`, Counts{}},
		{"# nothing\n", `{"s":1}`, `{"s":1}`, Counts{}},
		{`remove(s);`, `{"s":1,"t":2}`, `{"t":2}`, Counts{1, 1, 0}},
		{`remove(*, s);`, `{"s":1}`, `{}`, Counts{1, 1, 0}},
		{"remove ( s ) ; # twice\nremove(s);", `{"s":1}`, `{}`, Counts{2, 1, 0}},
		{`delete(*);`, `{}`, ``, Counts{1, 0, 1}},
		{`delete(s == 1);`, `{"s":1}`, ``, Counts{1, 0, 1}},
		{`delete(s == 1);`, `{"s":1.0}`, ``, Counts{1, 0, 1}},
		{`delete(s == 1);`, `{"s":"1"}`, `{"s":"1"}`, Counts{}},
		{`delete(s == -1);`, `{"s":-1}`, ``, Counts{1, 0, 1}},
		{`delete(s == TRUE);`, `{"s":true}`, ``, Counts{1, 0, 1}},
		{`delete(s == false);`, `{"s":true}`, `{"s":true}`, Counts{}},
		{`delete(s == t.u);`, `{"s":{"a":[1]},"t":{"u":{"a":[1]}}}`, ``, Counts{1, 0, 1}},
		{`delete(kind == "Pod" && s != 1);`, `{"kind":"Pod","s":2}`, ``, Counts{1, 0, 1}},
		{`delete(s != 1);`, `{"t":2}`, `{"t":2}`, Counts{}}, // != wants the path to be there
		{`delete(exists(s.t));`, `{"s":{"t":null}}`, ``, Counts{1, 0, 1}},
		{`delete(exists(s.t));`, `{"s":3}`, `{"s":3}`, Counts{}},
		{`delete(!exists(s.t));`, `{"s":3}`, ``, Counts{1, 0, 1}},
		{`delete(exists(c[2].image));`, image, image, Counts{}},
		{`delete(exists(c[1].image));`, image, ``, Counts{1, 0, 1}},
		{`delete(exists(c[7]));`, image, image, Counts{}},
		{`delete(c[*].image == "b");`, image, ``, Counts{1, 0, 1}},
		{`delete(!exists(c[*].image));`, image, image, Counts{}},
		{`remove(c[*]);`, image, `{"c":[]}`, Counts{1, 3, 0}},
		{`remove(c[0]);`, image, `{"c":[{"image":"b"},{"x":1}]}`, Counts{1, 1, 0}},
		{`remove(c.1.image);`, image, `{"c":[{"image":"a"},{},{"x":1}]}`, Counts{1, 1, 0}},
		{`remove(c[9]); remove(c.x); remove(d.e[*].f);`, image, image, Counts{3, 0, 0}},
		{`remove($x := c[*] | $x.image == "b", $x);`, image, `{"c":[{"image":"a"},{"x":1}]}`, Counts{1, 1, 0}},
		{`remove($x := c[*] | exists($x.image), $x.image);`, image, `{"c":[{},{},{"x":1}]}`, Counts{1, 2, 0}},
		{`remove($x := c[*] | !exists($x.image), $x);`, image, `{"c":[{"image":"a"},{"image":"b"}]}`, Counts{1, 1, 0}},
		{`modify($x := c[*] | $x.image == "a", $x.p.q = "r");`, image, `{"c":[{"image":"a","p":{"q":"r"}},{"image":"b"},{"x":1}]}`, Counts{1, 1, 0}},
		{`modify($x := c[*] | $x.image == "a", $x = 5);`, image, `{"c":[5,{"image":"b"},{"x":1}]}`, Counts{1, 1, 0}},
		{`modify(c[*].image = "z");`, image, `{"c":[{"image":"z"},{"image":"z"},{"image":"z","x":1}]}`, Counts{1, 3, 0}},
		{`modify(a."b.c/d".e = true);`, `{}`, `{"a":{"b.c/d":{"e":true}}}`, Counts{1, 1, 0}},
		{`modify("a.b" = 1);`, `{}`, `{"a.b":1}`, Counts{1, 1, 0}},
		{`modify(x[0].y = 1); modify(c[8] = 1); modify(c.x = 1);`, `{"c":[]}`, `{"c":[]}`, Counts{3, 0, 0}},
		{`modify(t = s);`, `{"s":{"a":1}}`, `{"s":{"a":1},"t":{"a":1}}`, Counts{1, 1, 0}},
		{`modify(t = s); modify(t.a = 2);`, `{"s":{"a":1}}`, `{"s":{"a":1},"t":{"a":2}}`, Counts{2, 2, 0}},
		{`modify(t = s);`, `{}`, `{}`, Counts{1, 0, 0}}, // nothing to copy
		{`modify($x := c[*] | $x.x == 1, first = $x.x);`, image, `{"c":[{"image":"a"},{"image":"b"},{"x":1}],"first":1}`, Counts{1, 1, 0}},
		{`remove($x := v[*] | exists($x.secret) && $y := m[*] | $y.name == $x.name, $y);`, volumes,
			`{"m":[{"name":"v2"}],"v":[{"name":"v1","secret":{}},{"name":"v2"},{"name":"v3","secret":null}]}`, Counts{1, 2, 0}},
		{`remove($x := c[*] | exists($x.e) && $y := $x.e[*] | $y == 1, $y);`, `{"c":[{"e":[1,2,1]},{"e":[3,1]},{}]}`, `{"c":[{"e":[2]},{"e":[3]},{}]}`, Counts{1, 3, 0}},
		{`delete($x := c[*] | exists($x.image) && $x.image == "z");`, image, image, Counts{}},
		{`delete(n < 3);`, numbers, numbers, Counts{}},
		{`delete(n <= 3 && n >= 3 && n > 2 && n < 4);`, numbers, ``, Counts{1, 0, 1}},
		{`delete(n > 2);`, `{"n":2.5}`, ``, Counts{1, 0, 1}},
		{`delete(cpu < 1);`, numbers, ``, Counts{1, 0, 1}},
		{`delete(cpu > "0.4");`, numbers, ``, Counts{1, 0, 1}},
		{`delete(cpu > "1");`, numbers, numbers, Counts{}},
		{`delete(s < "beta");`, `{"s":"alpha"}`, ``, Counts{1, 0, 1}},
		{`delete(s < 1);`, `{"s":[]}`, `{"s":[]}`, Counts{}},
		{`delete(s > "1e999999999");`, `{"s":"1"}`, `{"s":"1"}`, Counts{}},
		{`delete(@t == 10m);`, `{}`, ``, Counts{1, 0, 1}},
		{`delete(@t != 600s);`, `{}`, `{}`, Counts{}},
		{`delete(@t < 1h && @t > 0s && @t <= 10m && @t >= 10m);`, `{}`, ``, Counts{1, 0, 1}},
		{`delete(@t >= 1601);`, `{}`, `{}`, Counts{}},
		{`delete(@t >= 1600 && kind == "Deployment");`, `{}`, ``, Counts{1, 0, 1}},
	} {
		got, counts := change(t, test.script, test.object)
		if got != test.want || counts != test.counts {
			t.Errorf("%s\non   %s\ngot  %s %+v\nwant %s %+v", test.script, test.object, got, counts, test.want, test.counts)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for text, want := range map[string]string{
		"remove(status":                       `t.skel:1:14: unexpected token "<EOF>"`,
		"remove(status)":                      `t.skel:1:15: unexpected token "<EOF>" (expected ";")`,
		"\n  rmove(status);":                  `t.skel:2:3: unknown command "rmove": there are delete, modify and remove`,
		"remove(sta%tus);":                    "t.skel:1:11: ",
		"remove(* && status == \"foo\", a);":  `t.skel:1:10: unexpected token "&&"`,
		"remove(@status);":                    "t.skel:1:8: ",
		"remove(a & b);":                      "t.skel:1:10: ",
		"remove(a, b, c);":                    "t.skel:1:14: remove takes a selector and a path: join tests with &&",
		"remove(a == 1);":                     "t.skel:1:8: remove ends with the path to remove",
		"remove(*);":                          "t.skel:1:8: remove ends with the path to remove",
		"remove(a, b);":                       "t.skel:1:8: a path alone is no test: write exists(...), or compare it",
		"remove(a = 1, b);":                   "t.skel:1:8: = assigns, and only at the end of modify: compare with ==",
		"delete();":                           `t.skel:1:8: unexpected token ")"`,
		"delete(a == 1, b);":                  "t.skel:1:1: delete takes a selector only",
		"modify(a);":                          "t.skel:1:8: modify ends with an assignment",
		"modify(a == 1);":                     "t.skel:1:8: modify ends with an assignment",
		"insert(10m, a);":                     "t.skel:1:1: insert is planned",
		"apply(a = 1);":                       "t.skel:1:1: apply was the name of modify",
		"remove($x);":                         "t.skel:1:8: $x is not defined before",
		"remove(a == $y, b);":                 "t.skel:1:13: $y is not defined before",
		"remove(a.$x);":                       "t.skel:1:10: ",
		"remove($x := $x.a | exists($x), b);": "t.skel:1:14: $x is not defined before",
		"remove($x := a[*] | exists(b), $x);": "t.skel:1:21: the test behind | must be about $x",
		"remove($x := a[*], $x);":             "t.skel:1:18: ",
		"remove($x := a | exists($x) && $x := b | exists($x), $x);": "t.skel:1:32: $x is defined twice",
		"remove(a[x]);":                                    "t.skel:1:8: [x] is not an index: write [0] or [*]",
		"modify(a = 99999999999999999999);":                "t.skel:1:12: the number 99999999999999999999 is out of range",
		"modify(a = 1.5);":                                 "t.skel:1:12: numbers are whole",
		"delete(@t > soon);":                               `t.skel:1:8: "soon" is not a time`,
		"delete(@t > 9223372036854775807h);":               "t.skel:1:8: 9223372036854775807h is out of range",
		"delete(@t > 9223372036854775807);":                "t.skel:1:8: second 9223372036854775807 is out of range",
		`delete(a == "open);`:                              "t.skel:1:13: ",
		"delete(a" + strings.Repeat(".a", 200) + " == 1);": "the path has more than 200 parts",
		strings.Repeat(" ", maxText+1):                     "t.skel: the script is longer than 64 KiB",
	} {
		_, err := Parse("t.skel", text)
		var e *tracer.Error
		if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &e) || e.Pos.File != "t.skel" {
			t.Errorf("%.60s: got %v, want %s", text, err, want)
		}
	}
}

func TestErrorsInObjects(t *testing.T) {
	for script, want := range map[string]string{
		"\nremove(metadata.name);":        "t.skel:2:1: remove leaves Deployment a without metadata.name",
		"remove(metadata);":               "t.skel:1:1: remove leaves Deployment a without metadata.name",
		"remove(kind);":                   "without kind",
		"modify(apiVersion = 1);":         "without apiVersion",
		"modify(metadata.namespace = 1);": "without a metadata.namespace that is a text",
		"modify(n.x = 1);":                "t.skel:1:1: modify of Deployment a: cannot set n.x: its parent is the value 3, and holds no fields",
		"modify(b = c[*].image);":         "c[*].image stands for 2 values, and only one can be set",
		strings.Repeat("modify(d = c); modify(c[*] = d); modify(d = c);\n", 40): "the script copies more than 16 MiB into one object",
	} {
		s, err := Parse("t.skel", script)
		if err != nil {
			t.Fatal(err)
		}
		l := &list{head: tracer.Head{Objects: []tracer.Object{obj(t, "a", `{"n":3,"c":[{"image":"a"},{"image":"b"}]}`)}}}
		_, err = s.Apply(l).Next()
		var e *tracer.Error
		if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &e) {
			t.Errorf("%.60q: got %v, want %s", script, err, want)
		}
	}
}

// lines writes a trace for comparison, one event per line.
func lines(t *testing.T, src tracer.Source) []string {
	t.Helper()
	all := []string{"head:"}
	for _, o := range src.Head().Objects {
		all[0] += " +" + o.GetName()
	}
	for _, l := range src.Head().Lifecycles {
		all[0] += " " + l.Owner.String()
	}
	for i := 0; ; i++ {
		e, err := src.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.Index != i {
			t.Errorf("event %d has the index %d", i, e.Index)
		}
		line := e.At.String()
		for _, o := range e.Apply {
			line += " +" + o.GetName()
		}
		for _, ref := range e.Delete {
			line += " -" + ref.Name
		}
		for _, n := range e.Nodes.Fail {
			line += " !" + n
		}
		all = append(all, line)
	}
}

func trace(t *testing.T) *list {
	ref := func(name string) tracer.ObjectRef { return obj(t, name, "{}").Ref() }
	return &list{
		head: tracer.Head{StartTime: time.Unix(1000, 0), Objects: []tracer.Object{obj(t, "a", `{"n":1}`), obj(t, "b", `{"n":2}`)},
			Lifecycles: []tracer.OwnerLifecycles{{Owner: ref("a"), Pods: make([]tracer.Lifecycle, 1)}, {Owner: ref("c"), Pods: make([]tracer.Lifecycle, 2)}}},
		events: []tracer.Event{
			{At: 0},
			{At: 1 * time.Minute, Apply: []tracer.Object{obj(t, "c", `{"n":3}`)}},
			{At: 2 * time.Minute, Apply: []tracer.Object{obj(t, "a", `{"n":4}`)}, Delete: []tracer.ObjectRef{ref("c")}},
			{At: 3 * time.Minute, Nodes: tracer.NodeChange{Fail: []string{"n"}}},
			{At: 4 * time.Minute, Delete: []tracer.ObjectRef{ref("a")}},
			{At: 5 * time.Minute, Apply: []tracer.Object{obj(t, "c", `{"n":6}`)}},
			{At: 6 * time.Minute, Delete: []tracer.ObjectRef{ref("c")}},
		},
	}
}

func TestStream(t *testing.T) {
	for script, want := range map[string][]string{
		"": {"head: +a +b Deployment a Deployment c", "0s", "1m0s +c", "2m0s +a -c", "3m0s !n", "4m0s -a", "5m0s +c", "6m0s -c"},
		// Emptied events go, but the one at the end still says when that is.
		`delete(metadata.name == "c");`: {"head: +a +b Deployment a", "0s", "2m0s +a", "3m0s !n", "4m0s -a", "6m0s"},
		"delete(*);":                    {"head:", "0s", "3m0s !n", "6m0s"},
		// Deletions follow their objects even where they cannot tell.
		"delete(n == 3);": {"head: +a +b Deployment a Deployment c", "0s", "2m0s +a", "3m0s !n", "4m0s -a", "5m0s +c", "6m0s -c"},
		"delete(n == 4);": {"head: +a +b Deployment a Deployment c", "0s", "1m0s +c", "2m0s -c", "3m0s !n", "4m0s -a", "5m0s +c", "6m0s -c"},
		"delete(n >= 3);": {"head: +a +b Deployment a", "0s", "3m0s !n", "4m0s -a", "6m0s"},
		// That a deletion has no spec does not make it one of those without n.
		"delete(!exists(n));":                                {"head: +a +b Deployment a Deployment c", "0s", "1m0s +c", "2m0s +a -c", "3m0s !n", "4m0s -a", "5m0s +c", "6m0s -c"},
		"delete(@t >= 5m);":                                  {"head: +a +b Deployment a Deployment c", "0s", "1m0s +c", "2m0s +a -c", "3m0s !n", "4m0s -a", "6m0s"},
		"delete(@t < 5m);":                                   {"head: Deployment c", "0s", "3m0s !n", "5m0s +c", "6m0s -c"},
		`modify(n == 3, metadata.name = "d");`:               {"head: +a +b Deployment a Deployment d", "0s", "1m0s +d", "2m0s +a -d", "3m0s !n", "4m0s -a", "5m0s +c", "6m0s -c"},
		`modify(metadata.name == "c", metadata.name = "a");`: {"head: +a +b Deployment a", "0s", "1m0s +a", "2m0s +a -a", "3m0s !n", "4m0s -a", "5m0s +a", "6m0s -a"},
	} {
		s, err := Parse("t.skel", script)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Prepare(trace(t)); err != nil {
			t.Fatal(err)
		}
		if s.Counts() != (Counts{}) {
			t.Errorf("%s: preparing counted %+v", script, s.Counts())
		}
		src := trace(t)
		out := s.Apply(src)
		if diff := cmp.Diff(want, lines(t, out)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", script, diff)
		}
		if err := out.Close(); err != nil || !src.closed {
			t.Errorf("close: %v", err)
		}
	}
}

// Without a first reading, names decide whose life cycles remain.
func TestLifecyclesWithoutPreparation(t *testing.T) {
	for script, want := range map[string]string{
		`delete(metadata.name == "c");`:                       "head: +a +b Deployment a",
		`delete(n == 3);`:                                     "head: +a +b Deployment a Deployment c",
		`delete(metadata.name == "c" && @t < 1m);`:            "head: +a +b Deployment a Deployment c",
		`modify(metadata.name == "c", metadata.name = "d");`:  "head: +a +b Deployment a Deployment d",
		`modify(metadata.name == "c", metadata.name = kind);`: "head: +a +b Deployment a Deployment Deployment",
	} {
		s, err := Parse("t.skel", script)
		if err != nil {
			t.Fatal(err)
		}
		if got := lines(t, s.Apply(trace(t)))[0]; got != want {
			t.Errorf("%s: got %s, want %s", script, got, want)
		}
	}
}

func TestCounts(t *testing.T) {
	s, err := Parse("t.skel", "modify(kind == \"Deployment\", n = 0);\ndelete(metadata.name == \"b\");")
	if err != nil {
		t.Fatal(err)
	}
	lines(t, s.Apply(trace(t)))
	// Five manifests; the deletions are not asked for their kind's n. One of
	// them, b, matches both commands.
	if got, want := s.Counts(), (Counts{Matched: 6, Modified: 5, Deleted: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// The script is done to what is written, not to what was read.
func TestInputStaysAsItIs(t *testing.T) {
	s, err := Parse("t.skel", `modify(n = 9);`)
	if err != nil {
		t.Fatal(err)
	}
	src := trace(t)
	want := trace(t)
	events := src.events
	lines(t, s.Apply(src))
	if diff := cmp.Diff(want.events, events, cmpopts.IgnoreTypes(tracer.Position{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The scripts in the documentation are scripts.
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile("../../../docs/skel.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```")
	if len(blocks) < 5 {
		t.Fatalf("found %d blocks", len(blocks))
	}
	for i := 1; i < len(blocks); i += 2 {
		s, err := Parse("skel.md", blocks[i])
		if err != nil {
			t.Error(err)
		} else if len(s.commands) < 4 {
			t.Errorf("block %d has %d commands", i, len(s.commands))
		}
	}
	out, _ := change(t, blocks[len(blocks)-2], `{"kind":"Job","status":{},"spec":{"template":{"spec":{"serviceAccountName":"x",
		"volumes":[{"name":"s","secret":{}},{"name":"d"},{"name":"c","configMap":{}}],
		"containers":[{"volumeMounts":[{"name":"s"},{"name":"d"},{"name":"c"}],
			"env":[{"name":"A","value":"b"},{"valueFrom":{"secretKeyRef":{}}},{"valueFrom":{"configMapKeyRef":{}}}],
			"envFrom":[{"secretRef":{}},{"configMapRef":{}}]}]}}}}`)
	want := `{"kind":"Job","spec":{"template":{"spec":{"containers":[{"env":[{"name":"A","value":"b"}],"envFrom":[],"volumeMounts":[{"name":"d"}]}],"volumes":[{"name":"d"}]}}}}`
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("the script for sanitizing: -want +got:\n%s", diff)
	}
}
