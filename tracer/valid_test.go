package tracer

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// full has every key of the format, and values of every type in an object.
const full = `{
  "kind": "Trace", "apiVersion": "simk.dev/v1",
  "metadata": {"name": "batch-morning", "description": "a <b> & \"c\"", "source": "by hand", "startTime": "2026-03-02T07:00:00.5+01:00"},
  "duration": "24h",
  "lifecycles": [
    {"owner": {"apiVersion": "batch/v1", "kind": "CronJob", "namespace": "shop", "name": "hello"},
     "pods": [{"startDelay": "1.2s", "runFor": "30s", "exitCode": 255, "restarts": 3, "node": "ip-10-0-1-7", "pending": "1m30s"}, {"runFor": "0s", "pending": "0s"}, {}]},
    {"pods": [{"node": "n-1"}], "owner": {"apiVersion": "v1", "kind": "Pod", "name": "a"}}
  ],
  "objects": [
    {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n-1"}, "big": 9007199254740993, "half": -0.5, "list": [1, true, null, "x", {}]},
    {"apiVersion": "example.com/v1", "kind": "AccessList", "metadata": {"name": "no-list", "namespace": ""}}
  ],
  "events": [
    {"at": "0s", "nodes": {"fail": ["n-1"]}},
    {"at": "1.5s", "apply": [
      {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "hello", "namespace": "shop"}},
      {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}],
     "delete": [{"apiVersion": "v1", "kind": "Pod", "namespace": "default", "name": "a"}],
     "nodes": {"drain": ["n-1"], "recover": ["n-1"]}},
    {"at": "1.5s"},
    {"delete": [{"apiVersion": "batch/v1beta1", "kind": "CronJob", "namespace": "shop", "name": "hello"}], "at": "24h"}
  ]
}
`

func object(line, column int, m map[string]any) Object {
	return Object{&unstructured.Unstructured{Object: m}, Position{"trace.json", line, column}}
}

func meta(name, namespace string) map[string]any {
	if namespace == "" {
		return map[string]any{"name": name}
	}
	return map[string]any{"name": name, "namespace": namespace}
}

func fullHead() *Head {
	access := meta("no-list", "")
	access["namespace"] = ""
	return &Head{
		Name: "batch-morning", Description: `a <b> & "c"`, Source: "by hand",
		StartTime: time.Date(2026, 3, 2, 6, 0, 0, 500_000_000, time.UTC),
		Duration:  24 * time.Hour, HasDuration: true,
		Lifecycles: []OwnerLifecycles{{
			Owner: ObjectRef{"batch/v1", "CronJob", "shop", "hello"},
			Pods: []Lifecycle{
				{StartDelay: 1200 * time.Millisecond, RunFor: 30 * time.Second, HasRunFor: true, ExitCode: 255, Restarts: 3, Node: "ip-10-0-1-7", Pending: 90 * time.Second, HasPending: true},
				{HasRunFor: true, HasPending: true},
				{},
			},
			Pos: Position{"trace.json", 6, 5},
		}, {
			Owner: ObjectRef{"v1", "Pod", "", "a"},
			Pods:  []Lifecycle{{Node: "n-1"}},
			Pos:   Position{"trace.json", 8, 5},
		}},
		Objects: []Object{
			object(11, 5, map[string]any{"apiVersion": "v1", "kind": "Node", "metadata": meta("n-1", ""),
				"big": int64(9007199254740993), "half": -0.5, "list": []any{int64(1), true, nil, "x", map[string]any{}}}),
			object(12, 5, map[string]any{"apiVersion": "example.com/v1", "kind": "AccessList", "metadata": access}),
		},
	}
}

func fullEvents() []Event {
	second := 1500 * time.Millisecond
	pos := func(line int) Position { return Position{"trace.json", line, 5} }
	return []Event{
		{Index: 0, Nodes: NodeChange{Fail: []string{"n-1"}}, Pos: pos(15)},
		{Index: 1, At: second, Pos: pos(16),
			Apply: []Object{
				object(17, 7, map[string]any{"apiVersion": "batch/v1", "kind": "CronJob", "metadata": meta("hello", "shop")}),
				object(18, 7, map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": meta("a", "")}),
			},
			Delete: []ObjectRef{{"v1", "Pod", "default", "a"}},
			Nodes:  NodeChange{Recover: []string{"n-1"}, Drain: []string{"n-1"}},
		},
		{Index: 2, At: second, Pos: pos(21)},
		{Index: 3, At: 24 * time.Hour, Pos: pos(22), Delete: []ObjectRef{{"batch/v1beta1", "CronJob", "shop", "hello"}}},
	}
}

func TestReadsEveryFeature(t *testing.T) {
	r, err := newReader("trace.json", strings.NewReader(full), defaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fullHead(), r.Head()); diff != "" {
		t.Errorf("head: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(fullEvents(), readEvents(t, r)); diff != "" {
		t.Errorf("events: -want +got:\n%s", diff)
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
	s, err := checkText(full, CheckOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Events != 4 || s.Objects != 4 || s.LastEvent != 24*time.Hour {
		t.Errorf("summary %+v", s)
	}
}

func readEvents(t *testing.T, r *Reader) []Event {
	t.Helper()
	var all []Event
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, *e)
	}
}

// Absent parts have their defaults.
func TestReadsTheLeast(t *testing.T) {
	for _, text := range []string{
		`{"apiVersion":"simk.dev/v1","kind":"Trace"}`,
		"\r\n" + start + `"events":[]}` + "\n\t ",
		start + `"metadata":{},"objects":[],"lifecycles":[],"events":[]}`,
	} {
		r, err := newReader("trace.json", strings.NewReader(text), defaultLimits)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		want := &Head{StartTime: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
		if diff := cmp.Diff(want, r.Head(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: -want +got:\n%s", text, diff)
		}
		for range 2 {
			if _, err := r.Next(); !errors.Is(err, io.EOF) {
				t.Errorf("%s: %v, want io.EOF", text, err)
			}
		}
		if _, err := checkText(text, CheckOptions{}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// What refers to something is good as soon as that exists, in the order of an
// event: apply, delete, nodes.
func TestGoodReferences(t *testing.T) {
	for name, text := range map[string]string{
		"node comes in the same event": start + `"events":[{"at":"1s","nodes":{"fail":["n-1"]},"apply":[` + node1 + `]}]}`,
		"fail, recover, fail": start + `"objects":[` + node1 + `],"events":[{"at":"1s","nodes":{"fail":["n-1"]}},
			{"at":"2s","nodes":{"recover":["n-1"]}},{"at":"3s","nodes":{"fail":["n-1"]}}]}`,
		"drain, recover": start + `"objects":[` + node1 + `],"events":[{"at":"1s","nodes":{"drain":["n-1"]}},{"at":"2s","nodes":{"recover":["n-1"]}}]}`,
		"a new node of the same name is well": start + `"objects":[` + node1 + `],"events":[{"at":"1s","nodes":{"fail":["n-1"]}},
			{"at":"2s","delete":[{"apiVersion":"v1","kind":"Node","name":"n-1"}]},{"at":"3s","apply":[` + node1 + `],"nodes":{"fail":["n-1"]}}]}`,
		"deleted, applied, deleted": start + `"objects":[` + podA + `],"events":[{"at":"1s","delete":[` + refA + `]},
			{"at":"2s","apply":[` + podA + `]},{"at":"3s","delete":[` + refA + `]}]}`,
		"no namespace is the default one": start + `"objects":[` + podA + `],"events":[{"at":"1s","delete":[
			{"apiVersion":"v1","kind":"Pod","namespace":"default","name":"a"}]}]}`,
		"owner comes with an event": start + `"lifecycles":[{"owner":` + refA + `,"pods":[{}]}],"events":[{"at":"1s","apply":[` + podA + `]}]}`,
	} {
		if _, err := checkText(text, CheckOptions{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// When the nodes are replaced, only the order of their changes can be judged.
func TestNodesReplaced(t *testing.T) {
	replaced := CheckOptions{NodesReplaced: true}
	text := start + `"events":[{"at":"1s","nodes":{"fail":["x"],"drain":["y"]}},{"at":"2s","nodes":{"recover":["x"]}}]}`
	if _, err := checkText(text, replaced); err != nil {
		t.Error(err)
	}
	if _, err := checkText(text, CheckOptions{}); err == nil {
		t.Error("unknown nodes passed the check of a trace with its own nodes")
	}
	_, err := checkText(start+`"events":[{"at":"1s","nodes":{"recover":["x"]}}]}`, replaced)
	if err == nil || !strings.Contains(err.Error(), `node "x" neither failed nor was drained before`) {
		t.Errorf("got %v", err)
	}
}
