package history

import (
	"fmt"
	"testing"
	"time"
)

func TestStretches(t *testing.T) {
	later := []Later[string]{{3, "b"}, {3, "c"}, {7, "d"}}
	for _, tc := range []struct {
		from, to time.Duration
		want     string
	}{
		{0, Never, "0-3 a, 3-7 c, 7--1 d, "},
		{0, 7, "0-3 a, 3-7 c, "},
		{3, 8, "3-7 c, 7-8 d, "},
		{4, 5, "4-5 c, "},
		{9, Never, "9--1 d, "},
		{2, 2, ""},
		{5, 4, ""},
	} {
		got := ""
		for span, value := range Stretches("a", later, tc.from, tc.to) {
			got += fmt.Sprintf("%d-%d %s, ", span.From, span.To, value)
		}
		if got != tc.want {
			t.Errorf("from %d to %d: got %q, want %q", tc.from, tc.to, got, tc.want)
		}
	}
}

// What a pod requested before it was bound is not kept, and of an instant only what is left after it.
func TestRequest(t *testing.T) {
	cpu := func(n int64) Resources { return Resources{"cpu": n} }
	p := Pod{Bound: Never, Requests: cpu(1)}
	p.Request(2*time.Second, cpu(2))
	p.Bound = 3 * time.Second
	p.Request(3*time.Second, cpu(3))
	if p.Requests["cpu"] != 3 || p.Resized != nil {
		t.Errorf("before and at the binding: %v, then %v", p.Requests, p.Resized)
	}
	p.Request(4*time.Second, cpu(4))
	p.Request(4*time.Second, cpu(5))
	if p.Requests["cpu"] != 3 || len(p.Resized) != 1 || p.Requested()["cpu"] != 5 {
		t.Errorf("after it: %v, then %v", p.Requests, p.Resized)
	}
	n := Node{Added: time.Second, Allocatable: cpu(1)}
	n.Offer(time.Second, cpu(2))
	n.Offer(2*time.Second, cpu(3))
	if n.Allocatable["cpu"] != 2 || len(n.Resized) != 1 || n.Offered()["cpu"] != 3 {
		t.Errorf("a node: %v, then %v", n.Allocatable, n.Resized)
	}
}
