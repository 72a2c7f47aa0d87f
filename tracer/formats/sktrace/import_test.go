package sktrace

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/vmihailenco/msgpack/v5"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/formattest"
)

const sample = "../../../testdata/cronjob.sktrace"

var ignore = cmp.Options{cmpopts.IgnoreTypes(tracer.Position{}), cmpopts.EquateEmpty()}

func readSample(t *testing.T) (*tracer.Head, []*tracer.Event) {
	t.Helper()
	return readFile(t, sample, formats.Common{})
}

func readFile(t *testing.T, path string, c formats.Common) (*tracer.Head, []*tracer.Event) {
	t.Helper()
	s, err := importFile([]string{path}, c)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, s)
	events, err := drain(s)
	if err != nil {
		t.Fatal(err)
	}
	return s.Head(), events
}

func closing(t testing.TB, s tracer.Source) {
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func drain(s tracer.Source) ([]*tracer.Event, error) {
	var events []*tracer.Event
	for {
		e, err := s.Next()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
}

func TestSample(t *testing.T) {
	r := formattest.MustImport(t, "sktrace", sample)
	job := tracer.ObjectRef{APIVersion: "batch/v1", Kind: "CronJob", Namespace: "default", Name: "hello-simkube"}
	pod := tracer.Lifecycle{RunFor: 30 * time.Second, HasRunFor: true}
	head := &tracer.Head{Name: "cronjob", Source: "SimKube trace: cronjob.sktrace", StartTime: time.Unix(1743286823, 0).UTC(),
		Lifecycles: []tracer.OwnerLifecycles{{Owner: job, Pods: []tracer.Lifecycle{pod, pod, pod}}}}
	if diff := cmp.Diff(head, r.Head, ignore); diff != "" {
		t.Errorf("head: -want +got:\n%s", diff)
	}
	if len(r.Events) != 2 {
		t.Fatalf("got %d events, want 2", len(r.Events))
	}
	first, last := r.Events[0], r.Events[1]
	if first.At != 0 || len(first.Apply) != 1 || first.Apply[0].Ref() != job {
		t.Errorf("the first event is %+v", first)
	}
	if schedule := first.Apply[0].Object["spec"].(map[string]any)["schedule"]; schedule != "* * * * *" {
		t.Errorf("the schedule is %v", schedule)
	}
	if last.At != 205*time.Second || len(last.Apply) != 0 || !cmp.Equal(last.Delete, []tracer.ObjectRef{job}) {
		t.Errorf("the last event is %+v", last)
	}
}

// object is a manifest as a file holds it.
func object(kind, name string) map[string]any {
	return map[string]any{"apiVersion": "v1", "kind": kind, "metadata": map[string]any{"name": name, "namespace": "a"}}
}

func ev(ts any, applied, deleted []any) map[string]any {
	return map[string]any{"ts": ts, "applied_objs": applied, "deleted_objs": deleted}
}

// encode writes a map whose keys are in no order, with integers in long forms.
func encode(t testing.TB, v any) string {
	t.Helper()
	b, err := msgpack.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// importText imports a file of that content, and checks the trace it makes.
func importText(t *testing.T, content string, c formats.Common) (formattest.Result, error) {
	t.Helper()
	return formattest.Import(t, "sktrace", nil, c, formattest.Write(t, "t.sktrace", content))
}

func mustImportText(t *testing.T, v any, c formats.Common) formattest.Result {
	t.Helper()
	r, err := importText(t, encode(t, v), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const second = int64(1_700_000_000)

func TestStartMarkerBecomesTheHead(t *testing.T) {
	stub := object("ConfigMap", "c")
	gone := object("Pod", "never was")
	full := object("Pod", "p")
	full["spec"] = map[string]any{"containers": []any{}}
	r := mustImportText(t, map[string]any{
		"version": uint64(2), "config": nil, "index": map[string]any{"stale": 1}, "more": []any{1, "x"},
		"events": []any{
			ev(second, []any{full, stub}, []any{stub}),
			ev(second, nil, []any{gone}),
			ev(uint32(second+5), []any{full}, []any{full, gone}),
			ev(second+9, nil, nil),
		},
		"pod_lifecycles": nil,
	}, formats.Common{})
	if len(r.Head.Objects) != 2 || !r.Head.HasDuration || r.Head.Duration != 9*time.Second {
		t.Errorf("head: %+v", r.Head)
	}
	var got []string
	for _, e := range r.Events {
		line := e.At.String()
		for _, o := range e.Apply {
			line += " +" + o.GetName()
		}
		for _, ref := range e.Delete {
			line += " -" + ref.Name
		}
		got = append(got, line)
	}
	if diff := cmp.Diff([]string{"0s -c", "0s", "5s +p -p"}, got); diff != "" {
		t.Errorf("events: -want +got:\n%s", diff)
	}
	if want := "2 deletions are left out: the object does not exist at that point"; !strings.Contains(strings.Join(r.Notes, "\n"), want) {
		t.Errorf("notes: %q", r.Notes)
	}
}

// What an object's owner and finalizers refer to is not in the simulated
// cluster, where the object would be collected or could never be deleted.
func TestIdentitiesOfTheRecordedCluster(t *testing.T) {
	pod := object("Pod", "p")
	metadata := pod["metadata"].(map[string]any)
	metadata["ownerReferences"] = []any{map[string]any{"uid": "u", "kind": "X", "name": "x", "apiVersion": "v1"}}
	metadata["finalizers"] = []any{"example.com/f"}
	r := mustImportText(t, map[string]any{"version": 3, "tracked_objects": map[string]any{}, "events": []any{ev(second, []any{pod}, nil)}}, formats.Common{})
	if m := r.Head.Objects[0]; m.GetOwnerReferences() != nil || m.GetFinalizers() != nil {
		t.Errorf("kept: %v", m.Object)
	}
	if len(r.Notes) != 3 {
		t.Errorf("notes: %q", r.Notes)
	}
}

func TestDurationCuts(t *testing.T) {
	v := map[string]any{"version": 2, "events": []any{
		ev(second, nil, nil), ev(second+5, []any{object("Pod", "early")}, nil), ev(second+10, []any{object("Pod", "late")}, nil),
	}}
	b := bytes.NewBufferString(encode(t, v))
	b.Bytes()[0]++ // one more key
	appendLifecycles(b, map[[2]string]map[uint64]any{
		{"v1.Pod", "a/early"}: {1: []any{map[string]any{"Running": second + 5}}},
		{"v1.Pod", "a/late"}:  {1: []any{map[string]any{"Running": second + 10}}},
	})
	for cut, want := range map[time.Duration][2]int{0: {2, 2}, 10 * time.Second: {2, 2}, 9999 * time.Millisecond: {1, 1}, time.Hour: {2, 2}} {
		r, err := importText(t, b.String(), formats.Common{Duration: cut, StartTime: time.Unix(1_800_000_000, 0).UTC()})
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]int{len(r.Events), len(r.Head.Lifecycles)}; got != want || r.Head.Duration != cut || r.Head.StartTime.Unix() != 1_800_000_000 {
			t.Errorf("%v: got %v, want %v; head %+v", cut, got, want, r.Head)
		}
	}
}

// appendLifecycles writes pod_lifecycles as the last key of a map, in order of the owners' names.
func appendLifecycles(b *bytes.Buffer, all map[[2]string]map[uint64]any) {
	e := msgpack.NewEncoder(b)
	_ = e.EncodeString("pod_lifecycles")
	_ = e.EncodeMapLen(len(all))
	for owner, lists := range all {
		_ = e.Encode([]any{owner[0], owner[1]})
		_ = e.EncodeMapLen(len(lists))
		for hash, lives := range lists {
			_ = e.EncodeUint64(hash)
			_ = e.Encode(lives)
		}
	}
}

func TestLifecycles(t *testing.T) {
	finished := func(start, end int64) any { return map[string]any{"Finished": []any{start, end}} }
	b := bytes.NewBufferString(encode(t, map[string]any{"version": 2, "events": []any{ev(second, []any{
		object("Widget", "w"), object("Pod", "p"),
	}, nil)}}))
	b.Bytes()[0]++
	appendLifecycles(b, map[[2]string]map[uint64]any{
		{"v1.Widget", "a/w"}: {
			1 << 63: []any{finished(second+30, second+31), "Empty", finished(second+10, second+25), finished(second+9, second+2)},
			7:       []any{map[string]any{"Running": second + 20}},
		},
		{"/v1.Pod", "a/p"}:          {1: []any{finished(second, second+60)}},
		{"v1.Pod", "a/filtered"}:    {1: []any{finished(second, second+60)}},
		{"apps/v1.Deployment", "d"}: {},
	})
	r, err := importText(t, b.String(), formats.Common{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]tracer.Lifecycle{}
	for _, l := range r.Head.Lifecycles {
		got[l.Owner.String()] = l.Pods
	}
	ran := func(seconds int) tracer.Lifecycle {
		return tracer.Lifecycle{RunFor: time.Duration(seconds) * time.Second, HasRunFor: true}
	}
	// In the order of starts: 9, 10, 20, 30, and the one that never ran with the one before it in its list.
	want := map[string][]tracer.Lifecycle{"Pod a/p": {ran(60)}, "Widget a/w": {ran(0), ran(15), {}, ran(1), {}}}
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSniff(t *testing.T) {
	content, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	v1 := "\x94\x81\xaetrackedObjects\x80\x90\x80\x80"
	for text, want := range map[string]bool{
		string(content): true, string(content[:20]): true, v1: true, "": false, `{"version": 2}`: false, "\x81\xa3foo\xc0": false,
		"\x80": false, "\x94\x01\x02\x03\x04": false, "\x81\xdb\xff\xff\xff\xffversion": false, "\x85": false,
	} {
		if got := sniff(formats.Sample{Prefix: []byte(text)}); got != want {
			t.Errorf("%.20q: got %v", text, got)
		}
	}
	if f, err := formats.Detect(sample); err != nil || f.Name != "sktrace" {
		t.Errorf("detected %q, %v", f.Name, err)
	}
	if _, err := importText(t, v1, formats.Common{}); err == nil || !strings.Contains(err.Error(), "this is a trace of version 1") {
		t.Errorf("version 1: %v", err)
	}
}

func TestWrongPaths(t *testing.T) {
	for _, paths := range [][]string{nil, {"-"}, {"a", "b"}, {filepath.Join(t.TempDir(), "none")}} {
		if _, err := importFile(paths, formats.Common{}); err == nil {
			t.Errorf("%v: no error", paths)
		}
	}
}
