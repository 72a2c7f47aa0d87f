package report

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simk.dev/simk/sim/history"
)

// scaled is an hour in which two groups grow and shrink, small enough for its
// figures to be worked out on paper.
func scaled() *history.History {
	machine := func(group, node string, instants ...time.Duration) *history.Machine {
		m := &history.Machine{Group: group, Node: node, Registered: never, Ready: never, Gone: never, Failed: never}
		fields := []*time.Duration{&m.Requested, &m.Registered, &m.Ready, &m.Gone}
		for i, t := range instants {
			*fields[i] = t
		}
		return m
	}
	on := func(node string, p *history.Pod) *history.Pod { p.Node = node; return requesting(p, 1000) }
	late := node("a-2", 4000, 70*sec, 1870*sec)
	late.NotReady = []history.Span{{From: 70 * sec, To: 90 * sec}}
	refused := machine("b", "b-2", 20*sec)
	refused.Failed, refused.Gone = 20*sec, 30*sec
	return &history.History{
		End: time.Hour,
		Nodes: []*history.Node{
			node("own", 8000, 0, never), node("a-1", 4000, 0, never), late, node("b-1", 2000, 1800*sec, never),
		},
		Pods: []*history.Pod{
			on("a-1", pod("early", 0, 0, 0)),
			// Waits 90 s, of which 80 s for its node, and moves when that goes.
			on("a-2", with(pod("moved", 10*sec, 100*sec, 100*sec, never, 1865*sec), func(p *history.Pod) { p.Evicted = true })),
			on("a-2", with(owned("default", "DaemonSet/d", pod("daemon", 70*sec, 90*sec, 90*sec, never, 1866*sec)), func(p *history.Pod) { p.Evicted = true })),
			// Waits for room on a node that has been there.
			on("a-1", pod("patient", 0, 30*sec)),
			on("b-1", with(pod("hit", 1800*sec, 1800*sec, 1800*sec, never, 2000*sec), func(p *history.Pod) { p.Evicted = true })),
		},
		Autoscaling: &history.Autoscaling{
			Mode: "cluster-autoscaler",
			Groups: []history.Group{
				{Name: "a", Min: 1, Max: 3, Price: 200_000_000, HasPrice: true}, {Name: "b", Max: 2},
			},
			Machines: []*history.Machine{
				machine("a", "a-1", 0, 0, 0), machine("a", "a-2", 10*sec, 70*sec, 90*sec, 1870*sec), refused,
				machine("b", "b-1", 1740*sec, 1800*sec, 1800*sec),
			},
			Decisions: []history.Decision{
				{At: 10 * sec, Kind: history.ScaleUp, Group: "a", Delta: 1, PodCount: 1, Reason: "r1"},
				{At: 20 * sec, Kind: history.Failed, Group: "b", Node: "b-2", Reason: "r2"},
				{At: 1740 * sec, Kind: history.Resized, Group: "b", Delta: 1, Reason: "r3"},
				{At: 1860 * sec, Kind: history.ScaleDown, Group: "a", Node: "a-2", Delta: -1, PodCount: 1, Reason: "r4"},
				{At: 1900 * sec, Kind: history.Interrupted, Group: "b", Node: "b-1", Delta: -1, Reason: "r5"},
			},
		},
	}
}

func TestAutoscalingByHand(t *testing.T) {
	r := Build(scaled(), Meta{}).Autoscaling
	price := 0.2
	got := []any{r.NodeHours, r.Cost, r.UnpricedNodeHours, r.ScaleUps, r.ScaleDowns, r.Resizes, r.Waiting.Pods, r.Evictions, r.DecisionsOmitted, len(r.Decisions), r.Groups}
	want := []any{
		2.0, // a-1 an hour, a-2 and b-1 half an hour each
		0.3, 0.5, Changes{1, 1}, Changes{1, 1}, Changes{1, 1},
		2, // moved and daemon
		NodeEvicting{ScaleDown: 1, Interruption: 1}, 0, 5,
		[]Group{
			{
				Name: "a", Min: 1, Max: 3, PricePerHour: &price, Nodes: Nodes{AtStart: 1, Peak: 2, AtEnd: 1, NodeHours: 1.5}, Cost: 0.3, Requested: 1,
				// Of 6 core hours: two pods on a-1 take 1 and 3570/3600, moved 1765/3600, daemon 1776/3600.
				Unused: map[string]Unused{"cpu": {Hours: 3.024722, Fraction: 0.50412}},
			},
			{
				Name: "b", Max: 2, Nodes: Nodes{Peak: 1, AtEnd: 1, NodeHours: 0.5}, Requested: 2, Failed: 1, Interrupted: 1,
				Unused: map[string]Unused{"cpu": {Hours: 0.944444, Fraction: 0.944444}}, // of a core hour, a pod took 200 s
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got, want := r.Waiting.ForNodeSeconds, (Distribution{Mean: 20, P50: 0, P90: 80, P99: 80, Max: 80}); got != want {
		t.Errorf("waited for nodes %+v, want %+v", got, want)
	}
	if got, want := r.Waiting.OtherSeconds, (Distribution{Mean: 8, P50: 0, P90: 30, P99: 30, Max: 30}); got != want {
		t.Errorf("waited for other reasons %+v, want %+v", got, want)
	}
}

// What pods request and nodes offer counts as it is at each instant, and of a node's pods while it exists.
func TestUnusedOfResized(t *testing.T) {
	h := &history.History{
		End: 4 * time.Hour,
		Nodes: []*history.Node{with(node("a-1", 4000, 0, 3*time.Hour), func(n *history.Node) {
			n.Offer(time.Hour, history.Resources{"cpu": 8000})
		})},
		Pods: []*history.Pod{with(resized(requesting(pod("p", 0, 0), 1000), 2*time.Hour, 3000), func(p *history.Pod) { p.Node = "a-1" })},
		Autoscaling: &history.Autoscaling{
			Groups:   []history.Group{{Name: "a", Max: 1}},
			Machines: []*history.Machine{{Group: "a", Node: "a-1", Gone: 4 * time.Hour, Failed: never}},
		},
	}
	got := Build(h, Meta{}).Autoscaling.Unused["cpu"]
	if want := (Unused{Hours: 15, Fraction: 0.75}); got != want { // of 4 + 8 + 8: 1 + 1 + 3, and nothing once the node is gone
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestNodesCSV(t *testing.T) {
	var b bytes.Buffer
	if err := writeNodes(&b, scaled()); err != nil {
		t.Fatal(err)
	}
	want := `group,node,requested,registered,ready,removed,failed,hours,cost,pods
,own,,0,0,,,1,,0
a,a-1,0,0,0,,,1,0.2,2
a,a-2,10,70,90,1870,,0.5,0.1,2
b,b-2,20,,,30,20,,,0
b,b-1,1740,1800,1800,,,0.5,,1
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The timeline tells the groups' sizes, in the table too.
func TestTimelineOfGroups(t *testing.T) {
	r := Build(scaled(), Meta{})
	var b bytes.Buffer
	if err := writeTimeline(&b, r); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	if want := "atSeconds,pending,running,succeeded,failed,nodes,readyNodes,nodes_a,nodes_b,"; !strings.HasPrefix(lines[0], want) {
		t.Errorf("head %s", lines[0])
	}
	for _, p := range r.Timeline {
		if p.AtSeconds == 1800 && (p.Groups["a"] != 2 || p.Groups["b"] != 1) || p.AtSeconds == 3600 && (p.Groups["a"] != 1 || p.Groups["b"] != 1) {
			t.Errorf("at %v s: %v", p.AtSeconds, p.Groups)
		}
	}
}

// A report without an autoscaler replaces all of one with.
func TestWriteDirRemovesNodes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	h := scaled()
	if err := WriteDir(dir, Build(h, Meta{}), h); err != nil {
		t.Fatal(err)
	}
	put(t, dir, DecisionsFile)
	h.Autoscaling = nil
	if err := WriteDir(dir, Build(h, Meta{}), h); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"pods.csv", "report.json", "timeline.csv"}, names(t, dir)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The summary fits 80 columns, whatever the names and figures.
func TestAutoscalingTextFits(t *testing.T) {
	h := scaled()
	h.Autoscaling.Groups[0].Name = strings.Repeat("long-", 12)
	for _, m := range h.Autoscaling.Machines[:2] {
		m.Group = h.Autoscaling.Groups[0].Name
	}
	var b bytes.Buffer
	if err := WriteText(&b, Build(h, Meta{})); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Autoscaling by cluster-autoscaler: 1 scale-up (+1 node), -1 node, 1 resize,", "waiting for a node: mean 20s, max 1m20s (2 pods); else mean 8s, max 30s", "evicted: 1 by scale-down, 1 by interruptions"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
