package build

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
)

func named(index, k int) tracer.Object {
	return Pod{Namespace: "n", Name: string(rune('a'+index)) + "-" + string(rune('0'+k%10))}.Object()
}

func TestRowsAreSortedAndCut(t *testing.T) {
	var rows Rows
	for _, row := range []Row{
		{At: 2, Index: 0, Delete: true}, {At: 2, Index: 1}, {At: 1, Index: 2, Count: 2}, {At: 2, Index: 3}, {At: 4, Index: 4},
	} {
		if err := rows.Add(row); err != nil {
			t.Fatal(err)
		}
	}
	s := rows.Trace(&tracer.Head{Duration: 3, HasDuration: true}, named)
	var got []string
	for e, err := range tracer.Events(s) {
		if err != nil {
			t.Fatal(err)
		}
		line := e.At.String()
		for _, o := range e.Apply {
			line += " +" + o.GetName()
		}
		for _, ref := range e.Delete {
			line += " -" + ref.Name
		}
		got = append(got, line)
	}
	if want := "1ns +c-0 +c-1; 2ns +b-0 +d-0 -a-0"; strings.Join(got, "; ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnInstantIsSplitIntoEvents(t *testing.T) {
	var rows Rows
	if err := rows.Add(Row{Count: 2*burst + 1}); err != nil {
		t.Fatal(err)
	}
	s := rows.Trace(&tracer.Head{}, named)
	for _, want := range []int{burst, burst, 1} {
		e, err := s.Next()
		if err != nil || len(e.Apply) != want {
			t.Fatalf("got %v, want %d objects", err, want)
		}
	}
	if _, err := s.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want the end", err)
	}
}

func TestTooManyPods(t *testing.T) {
	var rows Rows
	if err := rows.Add(Row{Count: MaxPods}); err != nil {
		t.Fatal(err)
	}
	if err := rows.Add(Row{}); !errors.Is(err, ErrTooMany) {
		t.Errorf("got %v", err)
	}
}

func TestHead(t *testing.T) {
	var notes Notes
	old := time.Date(2002, 7, 28, 0, 0, 0, 0, time.UTC)
	h := Head("swf", []string{"dir/log.swf.gz"}, formats.Common{Duration: time.Hour}, old, &notes)
	if h.Name != "log" || h.Source != "swf: log.swf.gz" || !h.StartTime.Equal(tracer.DefaultStartTime) || !h.HasDuration {
		t.Errorf("got %+v", h)
	}
	notes.Count("jobs are odd")
	notes.Count("jobs are odd")
	var told []string
	notes.Tell(func(s string) { told = append(told, s) })
	if len(told) != 2 || !strings.Contains(told[0], "2002-07-28") || told[1] != "2 jobs are odd" {
		t.Errorf("told %q", told)
	}
	newer := old.AddDate(20, 0, 0)
	if h := Head("swf", nil, formats.Common{}, newer, &notes); !h.StartTime.Equal(newer) {
		t.Errorf("start is %s", h.StartTime)
	}
}

func TestPod(t *testing.T) {
	p := Pod{Name: "p", Requests: map[string]string{"cpu": "1", "x.io/gpu": "2"}, NodeLabels: map[string][]string{"m": {"a", "b"}}}.Object()
	spec := p.Object["spec"].(map[string]any)
	limits := spec["containers"].([]any)[0].(map[string]any)["resources"].(map[string]any)["limits"].(map[string]any)
	if len(limits) != 1 || limits["x.io/gpu"] != "2" || spec["affinity"] == nil {
		t.Errorf("got %v", p.Object)
	}
}
