package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"testing"
	"time"

	"simk.dev/simk/sim/history"
)

const never = history.Never

var start = time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)

// pod returns a pod with the instants created, bound, started, finished and
// deleted, in this order; those left out never came.
func pod(name string, instants ...time.Duration) *history.Pod {
	p := &history.Pod{
		Namespace: "default", Name: name, Owner: "Pod/" + name, Phase: "Pending",
		Created: never, Bound: never, Started: never, Finished: never, Deleted: never,
	}
	fields := []*time.Duration{&p.Created, &p.Bound, &p.Started, &p.Finished, &p.Deleted}
	for i, t := range instants {
		*fields[i] = t
	}
	if p.Bound != never {
		p.Node, p.Phase = "n", "Running"
	}
	if p.Finished != never {
		p.Phase = "Succeeded"
	}
	return p
}

func with[T any](x *T, change func(*T)) *T {
	change(x)
	return x
}

func node(name string, cpu int64, added, removed time.Duration) *history.Node {
	return &history.Node{Name: name, Allocatable: history.Resources{"cpu": cpu}, Added: added, Removed: removed}
}

const sec = time.Second

// byHand are histories small enough for their figures to be worked out on paper.
var byHand = []struct {
	name string
	h    history.History
	get  func(*Report) any
	want any
}{
	{
		name: "a pod in each state is counted once",
		h: history.History{End: 100 * sec, Pods: []*history.Pod{
			pod("pending", 1*sec),
			pod("running", 1*sec, 2*sec),
			pod("succeeded", 1*sec, 2*sec, 3*sec, 4*sec),
			with(pod("failed", 1*sec, 2*sec, 3*sec, 4*sec), func(p *history.Pod) { p.Phase = "Failed" }),
			pod("succeeded-deleted", 1*sec, 2*sec, 3*sec, 4*sec, 5*sec),
			pod("deleted-pending", 1*sec, never, never, never, 5*sec),
			with(pod("preempted", 1*sec, 2*sec, 3*sec, never, 5*sec), func(p *history.Pod) { p.Preempted = true }),
			with(pod("evicted", 1*sec, 2*sec, 3*sec, never, 5*sec), func(p *history.Pod) { p.Evicted = true }),
			with(pod("failed-unbound", 1*sec, never, never, 5*sec), func(p *history.Pod) { p.Phase = "Failed" }),
		}},
		get: func(r *Report) any { return r.Pods },
		want: Pods{
			Created: 9, Bound: 6, Succeeded: 2, Failed: 2, Deleted: 4,
			Evicted: 1, Preempted: 1, PendingAtEnd: 1, RunningAtEnd: 1,
		},
	},
	{
		name: "percentiles are by nearest rank, pods never bound are left out",
		h: history.History{End: 100 * sec, Pods: []*history.Pod{
			pod("a", 0, 1*sec), pod("b", 0, 2*sec), pod("c", 10*sec, 13*sec), pod("d", 0, 10*sec), pod("e", 0),
		}},
		get:  func(r *Report) any { return r.PendingSeconds },
		want: Distribution{Mean: 4, P50: 2, P90: 10, P99: 10, Max: 10},
	},
	{
		name: "figures have six decimals",
		h: history.History{End: 100 * sec, Pods: []*history.Pod{
			pod("a", 0, 1*sec), pod("b", 0, 1*sec), pod("c", 0, 0), pod("d", 0, 1499), pod("e", 0, 1500), pod("f", 0, 0),
		}},
		get:  func(r *Report) any { return r.PendingSeconds },
		want: Distribution{Mean: 0.333334, P50: 0.000001, P90: 1, P99: 1, Max: 1},
	},
	{
		name: "the 99th percentile of 99 is the largest",
		h: history.History{End: 100 * sec, Pods: func() (pods []*history.Pod) {
			for i := range time.Duration(99) {
				pods = append(pods, pod("p", 0, (i+1)*sec))
			}
			return pods
		}()},
		get:  func(r *Report) any { return r.PendingSeconds },
		want: Distribution{Mean: 50, P50: 50, P90: 90, P99: 99, Max: 99},
	},
	{
		name: "no pod bound",
		h:    history.History{End: sec, Pods: []*history.Pod{pod("a", 0)}},
		get:  func(r *Report) any { return r.PendingSeconds },
		want: Distribution{},
	},
	{
		name: "nodes come and go",
		h: history.History{End: 2 * time.Hour, Nodes: []*history.Node{
			node("a", 1, 0, never), node("b", 1, 0, time.Hour), node("c", 1, time.Hour, 90*time.Minute),
			node("d", 1, 75*time.Minute, never), node("e", 1, 80*time.Minute, 85*time.Minute),
		}},
		get: func(r *Report) any { return r.Nodes },
		// 2 + 1 + 0.5 + 0.75 + 5/60
		want: Nodes{AtStart: 2, Peak: 4, AtEnd: 2, NodeHours: 4.333333},
	},
	{
		name: "utilization is weighted by time, its peak is of the fraction",
		h: history.History{
			End:   10 * sec,
			Nodes: []*history.Node{node("n", 1000, 0, never), node("b", 3000, 0, 5*sec)},
			Pods: []*history.Pod{
				requesting(pod("p", 0, 0, 0, 8*sec), 500),                     // 4000 over its life
				requesting(pod("q", 0, 4*sec, 4*sec), 250),                    // 1500
				requesting(pod("r", 0, never), 9000),                          // never bound
				requesting(pod("s", 2*sec, 4*sec, 4*sec, 4*sec, 4*sec), 9000), // no time at all
			},
		},
		get: func(r *Report) any { return r.Utilization },
		// 5500 of 1000*10 + 3000*5; 750 of 1000 from 5s to 8s.
		want: map[string]Utilization{"cpu": {MeanRequested: 0.22, PeakRequested: 0.75}},
	},
	{
		name: "a pod counts with what it requests at each instant",
		h: history.History{
			End:   10 * sec,
			Nodes: []*history.Node{node("n", 8000, 0, never)},
			Pods:  []*history.Pod{resized(requesting(pod("p", 0, 0, 0, 8*sec), 1000), 6*sec, 6000), requesting(pod("q", 0, 4*sec), 1000)},
		},
		get:  func(r *Report) any { return r.Utilization },
		want: map[string]Utilization{"cpu": {MeanRequested: 0.3, PeakRequested: 0.875}}, // 6*1 + 2*6 + 6*1 of 80; 7 of 8
	},
	{
		name: "a node counts with what it offers at each instant",
		h: history.History{
			End: 10 * sec,
			Nodes: []*history.Node{with(node("n", 10000, 0, never), func(n *history.Node) {
				n.Offer(5*sec, history.Resources{"cpu": 20000})
			})},
			Pods: []*history.Pod{requesting(pod("p", 0, 0), 1000), requesting(pod("q", 6*sec, 6*sec), 15000)},
		},
		get:  func(r *Report) any { return r.Utilization },
		want: map[string]Utilization{"cpu": {MeanRequested: 0.466667, PeakRequested: 0.8}}, // 10*1 + 4*15 of 50 + 100
	},
	{
		name: "a pod on a node that went, or never came, takes nothing from the others",
		h: history.History{
			End:   10 * sec,
			Nodes: []*history.Node{node("n", 8000, 0, 2*sec), node("other", 1000, 0, never), node("n", 8000, 8*sec, never)},
			Pods:  []*history.Pod{requesting(pod("p", 0, 0), 4000), with(requesting(pod("q", 0, 0), 4000), func(p *history.Pod) { p.Node = "none" })},
		},
		get:  func(r *Report) any { return []any{r.Utilization, r.Timeline[len(r.Timeline)/2].Requested} },
		want: []any{map[string]Utilization{"cpu": {MeanRequested: 0.380952, PeakRequested: 0.444444}}, map[string]float64{"cpu": 0}}, // 16 of 42; 4 of 9
	},
	{
		name: "what is requested while no node offers it counts in no mean",
		h: history.History{
			End:   10 * sec,
			Nodes: []*history.Node{with(node("n", 8000, 0, never), func(n *history.Node) { n.Offer(5*sec, history.Resources{}) })},
			Pods:  []*history.Pod{requesting(pod("p", 0, 0), 4000)},
		},
		get:  func(r *Report) any { return r.Utilization },
		want: map[string]Utilization{"cpu": {MeanRequested: 0.5, PeakRequested: 0.5}},
	},
	{
		name: "every pod takes one of the pods that a node offers",
		h: history.History{
			End:   10 * sec,
			Nodes: []*history.Node{{Name: "n", Allocatable: history.Resources{"pods": 4}, Removed: never}},
			Pods:  []*history.Pod{pod("p", 0, 0), pod("q", 0, 5*sec)},
		},
		get:  func(r *Report) any { return r.Utilization },
		want: map[string]Utilization{"pods": {MeanRequested: 0.375, PeakRequested: 0.5}},
	},
	{
		name: "a resource that no node offers has no utilization",
		h:    history.History{End: 10 * sec, Pods: []*history.Pod{requesting(pod("p", 0, 0), 500)}},
		get:  func(r *Report) any { return r.Utilization },
		want: map[string]Utilization{},
	},
	{
		name: "the timeline has the resources of nodes and bound pods only",
		h: history.History{
			Nodes: []*history.Node{node("n", 1000, 0, never)},
			Pods: []*history.Pod{
				with(pod("p", 0), func(p *history.Pod) { p.Requests = history.Resources{"no/such": 1} }),
				with(pod("q", 0, 0), func(p *history.Pod) { p.Requests = history.Resources{"memory": 1} }),
			},
		},
		get:  func(r *Report) any { return r.Timeline[0].Requested },
		want: map[string]float64{"cpu": 0, "memory": 1},
	},
	{
		name: "pending pods by reason",
		h: history.History{End: sec, Pods: []*history.Pod{
			because(pod("a", 0), "z"), because(pod("b", 0), "z"), because(pod("c", 0), "y"), because(pod("d", 0), "x"),
			pod("e", 0), because(pod("f", 0, never, never, never, sec), "deleted since"),
		}},
		get:  func(r *Report) any { return r.Unschedulable },
		want: []Reason{{"z", 2}, {NoReason, 1}, {"x", 1}, {"y", 1}},
	},
	{
		name: "owners by the number of their pods, namespaces apart",
		h: history.History{End: 100 * sec, Pods: []*history.Pod{
			owned("b", "Job/x", pod("1", 0, 1*sec)),
			owned("a", "Job/x", pod("2", 0)),
			owned("a", "Job/y", pod("3", 0, 4*sec, 4*sec, 5*sec)),
			owned("a", "Job/y", with(pod("4", 0, 2*sec, 2*sec, 5*sec), func(p *history.Pod) { p.Phase = "Failed" })),
		}},
		get: func(r *Report) any { return r.Owners },
		want: []Owner{
			{Owner: "Job/y", Namespace: "a", Share: Share{Created: 2, Bound: 2, Succeeded: 1, Failed: 1, PendingSecondsMean: 3, PendingSecondsMax: 4}},
			{Owner: "Job/x", Namespace: "a", Share: Share{Created: 1, PendingAtEnd: 1}},
			{Owner: "Job/x", Namespace: "b", Share: Share{Created: 1, Bound: 1, PendingSecondsMean: 1, PendingSecondsMax: 1}},
		},
	},
	{
		name: "placements are sorted lines, to the nanosecond",
		h: history.History{End: 10 * sec, Pods: []*history.Pod{
			pod("b", 0, sec+1), pod("c", 0), with(pod("a", 0, 2*sec, 2*sec, 3*sec, 4*sec), func(p *history.Pod) { p.Node = "m" }),
		}},
		get:  func(r *Report) any { return r.PlacementsSHA256 },
		want: sha("default/a m 2000000000\ndefault/b n 1000000001\n"),
	},
	{
		name: "restarts add up",
		h: history.History{End: sec, Pods: []*history.Pod{
			with(pod("a", 0), func(p *history.Pod) { p.Restarts = 2 }), with(pod("b", 0), func(p *history.Pod) { p.Restarts = 3 }),
		}},
		get:  func(r *Report) any { return r.Restarts },
		want: int64(5),
	},
	{
		name: "the end is in UTC",
		h:    history.History{End: 90*time.Minute + 1},
		get:  func(r *Report) any { return r.Simulated },
		want: Simulated{Start: "2026-03-02T06:00:00Z", End: "2026-03-02T07:30:00.000000001Z", Seconds: 5400},
	},
	{
		name: "what was recorded after the end counts as at the end",
		h:    history.History{End: 10 * sec, Pods: []*history.Pod{pod("a", 4*sec, 10*sec+1, 10*sec+2, 10*sec+3)}},
		get: func(r *Report) any {
			return []any{r.Pods, r.PendingSeconds.Max, r.Timeline[len(r.Timeline)-1].Succeeded}
		},
		want: []any{Pods{Created: 1, Bound: 1, Succeeded: 1}, 6.0, 1},
	},
}

func TestBuildByHand(t *testing.T) {
	for _, tc := range byHand {
		t.Run(tc.name, func(t *testing.T) {
			got := tc.get(Build(&tc.h, Meta{Start: start.In(time.FixedZone("", 3600))}))
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got  %+v\nwant %+v", got, tc.want)
			}
		})
	}
}

func requesting(p *history.Pod, cpu int64) *history.Pod {
	p.Requests = history.Resources{"cpu": cpu}
	return p
}

func resized(p *history.Pod, at time.Duration, cpu int64) *history.Pod {
	p.Request(at, history.Resources{"cpu": cpu})
	return p
}

func because(p *history.Pod, reason string) *history.Pod {
	p.Reason = reason
	return p
}

func owned(namespace, owner string, p *history.Pod) *history.Pod {
	p.Namespace, p.Owner = namespace, owner
	return p
}

func sha(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func TestTimelineByHand(t *testing.T) {
	const ms = time.Millisecond
	h := &history.History{
		End: 5 * ms,
		Nodes: []*history.Node{
			{
				Name: "n", Allocatable: history.Resources{"cpu": 1500, "memory": 7}, Added: 0, Removed: 4 * ms,
				NotReady: []history.Span{{From: 0, To: ms}, {From: 3 * ms, To: never}},
			},
			{Name: "b", Allocatable: history.Resources{"cpu": 500}, Added: 2 * ms, Removed: never},
		},
		Pods: []*history.Pod{requesting(pod("p", 0, ms, 2*ms, 3*ms, 4*ms), 250), pod("q", 3*ms)},
	}
	point := func(at float64, pending, running, succeeded, nodes, ready int, requested, cpu, memory float64) Point {
		return Point{
			AtSeconds: at, Pending: pending, Running: running, Succeeded: succeeded, Nodes: nodes, ReadyNodes: ready,
			Requested:   map[string]float64{"cpu": requested, "memory": 0},
			Allocatable: map[string]float64{"cpu": cpu, "memory": memory},
		}
	}
	want := []Point{
		point(0.000, 1, 0, 0, 1, 0, 0.00, 1.5, 7),
		point(0.001, 0, 1, 0, 1, 1, 0.25, 1.5, 7),
		point(0.002, 0, 1, 0, 2, 2, 0.25, 2.0, 7),
		point(0.003, 1, 0, 1, 2, 1, 0.00, 2.0, 7),
		point(0.004, 1, 0, 1, 1, 1, 0.00, 0.5, 0),
		point(0.005, 1, 0, 1, 1, 1, 0.00, 0.5, 0),
	}
	got := Build(h, Meta{}).Timeline
	if len(got) != len(want) {
		t.Fatalf("got %d points, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("point %d: got  %+v\nwant %+v", i, got[i], want[i])
		}
	}
}

func TestSampleInstants(t *testing.T) {
	for _, tc := range []struct {
		end, step time.Duration
		points    int
	}{
		{0, 0, 1},
		{1, time.Millisecond, 2},
		{199 * time.Millisecond, time.Millisecond, 200},
		{199*time.Millisecond + 1, 2 * time.Millisecond, 101},
		{time.Hour, 30 * time.Second, 121},
		{24 * time.Hour, 10 * time.Minute, 145},
		{24*time.Hour + 1, 10 * time.Minute, 146},
		{398 * 24 * time.Hour, 48 * time.Hour, 200},
		{1<<63 - 1, 24 << 10 * time.Hour, 106},
	} {
		got := sampleInstants(tc.end)
		if len(got) != tc.points || len(got) > maxPoints {
			t.Errorf("end %v: got %d points, want %d", tc.end, len(got), tc.points)
			continue
		}
		if got[0] != 0 || got[len(got)-1] != tc.end {
			t.Errorf("end %v: points from %v to %v", tc.end, got[0], got[len(got)-1])
		}
		for i := 1; i < len(got)-1; i++ {
			if got[i]-got[i-1] != tc.step {
				t.Errorf("end %v: step %v, want %v", tc.end, got[i]-got[i-1], tc.step)
			}
		}
	}
}

func TestListsAreBounded(t *testing.T) {
	h := &history.History{End: time.Second}
	for i := range 103 {
		for range i + 1 {
			p := owned("ns", fmt.Sprintf("Job/%03d", i), pod("p", 0))
			h.Pods = append(h.Pods, because(p, fmt.Sprintf("reason %03d", i)))
		}
		h.Rejections = append(h.Rejections, history.Rejection{At: time.Duration(i), Object: "Pod x/y"})
	}
	r := Build(h, Meta{})
	if len(r.Owners) != 100 || r.Owners[99].Owner != "Job/003" {
		t.Errorf("owners: %d, last %+v", len(r.Owners), r.Owners[len(r.Owners)-1])
	}
	if want := (OmittedOwners{Owners: 3, Created: 6, PendingAtEnd: 6}); r.OwnersOmitted != want {
		t.Errorf("owners omitted: got %+v, want %+v", r.OwnersOmitted, want)
	}
	if len(r.Unschedulable) != 100 || r.Unschedulable[99] != (Reason{"reason 003", 4}) {
		t.Errorf("reasons: %d, last %+v", len(r.Unschedulable), r.Unschedulable[len(r.Unschedulable)-1])
	}
	if want := (OmittedReasons{Reasons: 3, Pods: 6}); r.UnschedulableOmitted != want {
		t.Errorf("reasons omitted: got %+v, want %+v", r.UnschedulableOmitted, want)
	}
	if len(r.Rejections) != 100 || r.Rejected != 103 {
		t.Errorf("rejections: %d of %d", len(r.Rejections), r.Rejected)
	}
}
