package html

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/sim/report"
)

func detailFor(h *history.History) detail {
	return detailOf(report.Build(h, report.Meta{Start: start}), h)
}

// TestPendingPeaks has a queue between two points of the timeline, which are one
// minute apart.
func TestPendingPeaks(t *testing.T) {
	h := &history.History{End: 3 * time.Hour}
	for i := range 5 { // wait from 61 s to 65 s ... 69 s
		h.Pods = append(h.Pods, pod(fmt.Sprint(i), "n", 61*time.Second, time.Duration(65+i)*time.Second, never))
	}
	h.Pods = append(h.Pods,
		pod("at once", "n", 200*time.Second, 200*time.Second, never), // waits at no instant
		pod("to the end", "", 250*time.Second, never, never))
	deleted := pod("deleted", "", 251*time.Second, never, never)
	deleted.Deleted = 299 * time.Second
	h.Pods = append(h.Pods, deleted)
	got := detailFor(h).PendingPeak
	if want := []int{0, 0, 5, 0, 0, 2, 1, 1}; !slices.Equal(got[:8], want) || got[len(got)-1] != 1 {
		t.Errorf("got %v, want %v ... 1", got, want)
	}
}

func TestWaits(t *testing.T) {
	h := &history.History{End: time.Hour}
	for i, w := range []time.Duration{0, 0, 1, time.Second, time.Second + 1, 5 * time.Second, 31 * time.Second} {
		h.Pods = append(h.Pods, pod(fmt.Sprint(i), "n", 10*time.Second, 10*time.Second+w, never))
	}
	h.Pods = append(h.Pods, pod("waits", "", 0, never, never))
	want := []waited{{0, 2}, {1, 2}, {2, 1}, {5, 1}, {10, 0}, {30, 0}, {60, 1}}
	if got := detailFor(h).Waits; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestHeat has points at 0 s, 1 s, ... 10 s.
func TestHeat(t *testing.T) {
	const s = time.Second
	h := &history.History{End: 150 * s, Nodes: []*history.Node{node("b", 0, never), node("a", 0, 5*s), node("late", 3*s, never), node("a", 8*s, never)}}
	pods := []*history.Pod{
		pod("1", "a", 0, 1*s, never), pod("2", "a", 0, 2*s, 4*s), // 2 stays to 4 s; 1 outlives its node
		pod("3", "b", 0, 1*s, never), pod("4", "b", 0, 1*s, never), pod("5", "b", 0, 1*s, 2*s),
		pod("6", "elsewhere", 0, 1*s, never),
	}
	pods[5].Requests = nil
	over := pod("over", "late", 0, 6*s, never)
	over.Requests = history.Resources{"cpu": 5000}
	h.Pods = append(pods, over)
	m := detailFor(h).Heat
	if want := []band{{"a", "a", 1}, {"b", "b", 1}, {"late", "late", 1}}; !slices.Equal(m.Bands, want) {
		t.Fatalf("bands %v", m.Bands)
	}
	cpu := m.Heated[0]
	for i, want := range [][]int{
		{0, 25, 50, 50, 25, -1, -1, -1, 25},
		{0, 75, 50, 50, 50, 50, 50, 50, 50},
		{-1, -1, -1, 0, 0, 0, 125, 125, 125},
	} {
		if got := cpu.Percent[i][:9]; cpu.Resource != "cpu" || !slices.Equal(got, want) {
			t.Errorf("%s of %s: got %v, want %v", cpu.Resource, m.Bands[i].First, got, want)
		}
	}
	column := func(i int) (counts []int) {
		for _, l := range cpu.Levels {
			counts = append(counts, l[i])
		}
		return counts
	}
	for i, want := range map[int][]int{
		0: {2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		4: {1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0},
		6: {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1},
	} {
		if got := column(i); !slices.Equal(got, want) {
			t.Errorf("levels at %d s: got %v, want %v", i, got, want)
		}
	}
}

// A pod and a node count with what they request and offer at each instant.
func TestHeatOfResized(t *testing.T) {
	const s = time.Second
	n, p := node("n", 0, 8*s), pod("p", "n", 0, 1*s, 6*s)
	p.Request(2*s, history.Resources{"cpu": 3000})
	n.Offer(4*s, history.Resources{"cpu": 2000})
	cpu := detailFor(&history.History{End: 150 * s, Nodes: []*history.Node{n}, Pods: []*history.Pod{p}}).Heat.Heated[0]
	if want := []int{0, 25, 75, 75, 150, 150, 0, 0, -1}; !slices.Equal(cpu.Percent[0][:9], want) {
		t.Errorf("got %v, want %v", cpu.Percent[0][:9], want)
	}
}

func TestHeatAddsUpBands(t *testing.T) {
	h := &history.History{End: 10 * time.Second}
	for i := range 250 {
		h.Nodes = append(h.Nodes, node(fmt.Sprintf("n%03d", i), 0, never))
	}
	for i := range 4 { // n000 is full: a third of its band
		h.Pods = append(h.Pods, pod(fmt.Sprint(i), "n000", 0, 0, never))
	}
	m := detailFor(h).Heat
	if want := (band{"n000", "n002", 3}); m.PerBand != 3 || len(m.Bands) != 84 || m.Bands[0] != want || m.Bands[83].Nodes != 1 {
		t.Errorf("%d bands of %d, the first %v, the last %v", len(m.Bands), m.PerBand, m.Bands[0], m.Bands[83])
	}
	if got := []int{m.Heated[0].Percent[0][0], m.Heated[0].Percent[1][0]}; !slices.Equal(got, []int{33, 0}) {
		t.Errorf("got %v", got)
	}
	if l := m.Heated[0].Levels; l[0][0] != 249 || l[10][0] != 1 {
		t.Errorf("%d empty, %d full", l[0][0], l[10][0])
	}
}

func TestWorst(t *testing.T) {
	h := &history.History{End: time.Hour}
	for i := range maxListed + 5 {
		h.Pods = append(h.Pods, pod(fmt.Sprintf("slow-%04d", i), "n", 0, time.Duration(i)*time.Second, never))
		waits := pod(fmt.Sprintf("waits-%04d", i), "", time.Duration(i)*time.Second, never, never)
		waits.Reason = "often"
		h.Pods = append(h.Pods, waits)
	}
	rare := pod("rare", "", 59*time.Minute, never, never)
	rare.Reason = "seldom"
	evicted := pod("evicted", "n", 0, 0, never)
	evicted.Evicted, evicted.Deleted = true, time.Minute
	failed := pod("failed", "n", 0, 0, time.Minute)
	failed.Phase, failed.ExitCode = "Failed", 3
	h.Pods = append(h.Pods, rare, evicted, failed)

	w := detailFor(h).Pods
	for _, c := range []struct {
		kind        string
		list        listed
		total       int
		first, last string
	}{
		{"pending", w.Pending, maxListed + 6, "waits-0000", "rare"},
		{"slowest", w.Slowest, maxListed + 4, "slow-1004", "slow-0005"},
		{"failed", w.Failed, 1, "failed", "failed"},
		{"ended", w.Ended, 1, "evicted", "evicted"},
	} {
		n := len(c.list.Pods)
		if n != min(c.total, maxListed) || c.list.Total != c.total || c.list.Pods[0].Name != c.first || c.list.Pods[n-1].Name != c.last {
			t.Errorf("%s: %d of %d, from %s to %s", c.kind, n, c.list.Total, c.list.Pods[0].Name, c.list.Pods[n-1].Name)
		}
	}
	if p := w.Failed.Pods[0]; *p.ExitCode != 3 || *p.Over != 60 || p.Waited != 0 {
		t.Errorf("failed: %+v", p)
	}
	if p := w.Pending.Pods[maxListed-1]; p.Reason != "seldom" || p.Waited != 60 {
		t.Errorf("rare: %+v", p)
	}
}

func TestShorten(t *testing.T) {
	long := ""
	for range maxMessage {
		long += "ü"
	}
	if got := shorten("x" + long); len(got) > maxMessage+3 || got[:5] != "xüü" {
		t.Errorf("got %d bytes: %s", len(got), got)
	}
}

// TestScaling has points at 0 s, 1 s, ... 100 s.
func TestScaling(t *testing.T) {
	const s = time.Second
	h := &history.History{End: 100 * s}
	if got := detailFor(h).Scaling; got != nil {
		t.Errorf("without an autoscaler: %v", got)
	}
	h.Autoscaling = &history.Autoscaling{Decisions: []history.Decision{
		{At: 3 * s, Kind: history.ScaleUp, Delta: 2}, {At: 3*s + 1, Kind: history.ScaleDown, Delta: -1},
		{At: 3*s + 2, Kind: history.ScaleUp, Delta: 5}, {At: 4 * s, Kind: history.ScaleUp, Delta: 1},
		{At: 101 * s, Kind: history.Failed},
	}}
	got := detailFor(h).Scaling
	want := []mark{{3, history.ScaleUp, 1, 2}, {4, history.ScaleUp, 2, 6}, {4, history.ScaleDown, 1, 1}, {100, history.Failed, 1, 0}}
	if !slices.Equal(got.Marks, want) || got.Total != 5 || len(got.Decisions) != 5 {
		t.Errorf("got %+v", got)
	}
}
