package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"simk.dev/simk/sim/history"
)

// launched is the k-th pod of an owner: created at 0, bound after some time.
func launched(owner string, k int, node string, waited time.Duration) *history.Pod {
	p := owned("a", owner, pod(fmt.Sprintf("%s-%d", owner, k), 0, waited, waited))
	p.Node, p.Launch = node, k
	return p
}

func record(owner string, pods ...history.RecordedPod) history.Recorded {
	return history.Recorded{Namespace: "a", Owner: owner, Pods: pods}
}

// on is a recorded pod of which the pending time is not known.
func on(node string) history.RecordedPod { return history.RecordedPod{Node: node, Pending: never} }

func waiting(pending time.Duration) history.RecordedPod { return history.RecordedPod{Pending: pending} }

func nodesNamed(names ...string) (all []*history.Node) {
	for _, name := range names {
		all = append(all, node(name, 1000, 0, never))
	}
	return all
}

var fidelityByHand = []struct {
	name     string
	pods     []*history.Pod
	recorded []history.Recorded
	want     *Fidelity
}{
	{
		name: "no record",
		pods: []*history.Pod{launched("Job/x", 0, "n", 0)},
	},
	{
		name:     "a record of nothing that could be compared",
		pods:     []*history.Pod{launched("Job/x", 1, "n", 0)},
		recorded: []history.Recorded{record("Job/x", history.RecordedPod{Pending: never}), record("Job/y")},
	},
	{
		name: "replicas that swapped their nodes overlap, one that is too many on a node does not",
		pods: []*history.Pod{
			launched("Job/x", 1, "n", 0), launched("Job/x", 2, "m", 0), launched("Job/x", 3, "m", 0), launched("Job/x", 4, "m", 0),
		},
		recorded: []history.Recorded{record("Job/x", on("m"), on("n"), on("m"), on("n"))}, // 2 and 2, not 1 and 3
		want: &Fidelity{
			FidelityPods: FidelityPods{RecordedPods: 4, MatchedPods: 4},
			Placement:    &PlacementFidelity{ComparedPods: 4, SameNodePods: 1, SameNodeFraction: 0.25, OverlapPods: 3, OverlapFraction: 0.75},
			Owners:       1,
			WorstOwners: []OwnerFidelity{{
				Owner: "Job/x", Namespace: "a",
				FidelityPods: FidelityPods{RecordedPods: 4, MatchedPods: 4},
				Placement:    &PlacementFidelity{ComparedPods: 4, SameNodePods: 1, SameNodeFraction: 0.25, OverlapPods: 3, OverlapFraction: 0.75},
			}},
		},
	},
	{
		name:     "bare pods are reported together, but none stands for another",
		pods:     []*history.Pod{launched("Pod/p", 1, "n", 0), launched("Pod/q", 1, "m", 0)},
		recorded: []history.Recorded{record("Pod/p", on("m")), record("Pod/q", on("n"))},
		want: &Fidelity{
			FidelityPods: FidelityPods{RecordedPods: 2, MatchedPods: 2},
			Placement:    &PlacementFidelity{ComparedPods: 2},
			Owners:       1,
			WorstOwners: []OwnerFidelity{{
				Owner: "Pod/*", Namespace: "a",
				FidelityPods: FidelityPods{RecordedPods: 2, MatchedPods: 2},
				Placement:    &PlacementFidelity{ComparedPods: 2},
			}},
		},
	},
	{
		name: "what has no counterpart is counted apart",
		pods: []*history.Pod{
			launched("Job/x", 1, "n", 0),     // recorded on a node that is not there
			launched("Job/x", 2, "n", 5*sec), // of which nothing is recorded
			launched("Job/x", 0, "", never),  // never started
			launched("Job/y", 1, "n", 0),     // as recorded
			launched("Job/y", 2, "n", 5*sec), // beyond the record
			launched("Job/z", 1, "n", 5*sec), // of an owner without a record
		},
		recorded: []history.Recorded{record("Job/x", on("gone"), waiting(never), on("n")), record("Job/y", on("n"))},
		want: &Fidelity{
			FidelityPods: FidelityPods{RecordedPods: 3, MatchedPods: 2, NotStartedPods: 1, ExtraPods: 1},
			Placement:    &PlacementFidelity{ComparedPods: 1, UnknownNodePods: 1, SameNodePods: 1, SameNodeFraction: 1, OverlapPods: 1, OverlapFraction: 1},
			Owners:       2,
			WorstOwners: []OwnerFidelity{
				{
					Owner: "Job/x", Namespace: "a",
					FidelityPods: FidelityPods{RecordedPods: 2, MatchedPods: 1, NotStartedPods: 1},
					Placement:    &PlacementFidelity{UnknownNodePods: 1},
				},
				{
					Owner: "Job/y", Namespace: "a",
					FidelityPods: FidelityPods{RecordedPods: 1, MatchedPods: 1, ExtraPods: 1},
					Placement:    &PlacementFidelity{ComparedPods: 1, SameNodePods: 1, SameNodeFraction: 1, OverlapPods: 1, OverlapFraction: 1},
				},
			},
		},
	},
	{
		name: "pending times are compared pod by pod; none is a value",
		pods: []*history.Pod{
			launched("Job/x", 1, "n", 4*sec), launched("Job/x", 2, "n", 0), launched("Job/x", 3, "n", 9*sec), launched("Job/y", 1, "n", 2*sec),
		},
		recorded: []history.Recorded{record("Job/x", waiting(sec), waiting(2*sec)), record("Job/y", waiting(0))},
		want: &Fidelity{
			FidelityPods: FidelityPods{RecordedPods: 3, MatchedPods: 3, ExtraPods: 1},
			Pending: &PendingFidelity{
				ComparedPods:     3,
				RecordedSeconds:  Distribution{Mean: 1, P50: 1, P90: 2, P99: 2, Max: 2},
				SimulatedSeconds: Distribution{Mean: 2, P50: 2, P90: 4, P99: 4, Max: 4},
				// 3 + 2 + 2 s
				MeanAbsoluteDifferenceSeconds: 2.333333,
			},
			Owners: 2,
			WorstOwners: []OwnerFidelity{
				{
					Owner: "Job/x", Namespace: "a",
					FidelityPods: FidelityPods{RecordedPods: 2, MatchedPods: 2, ExtraPods: 1},
					Pending:      &OwnerPendingFidelity{ComparedPods: 2, RecordedSecondsMean: 1.5, SimulatedSecondsMean: 2, MeanAbsoluteDifferenceSeconds: 2.5},
				},
				{
					Owner: "Job/y", Namespace: "a",
					FidelityPods: FidelityPods{RecordedPods: 1, MatchedPods: 1},
					Pending:      &OwnerPendingFidelity{ComparedPods: 1, SimulatedSecondsMean: 2, MeanAbsoluteDifferenceSeconds: 2},
				},
			},
		},
	},
}

func TestFidelityByHand(t *testing.T) {
	for _, tc := range fidelityByHand {
		t.Run(tc.name, func(t *testing.T) {
			h := &history.History{End: 100 * sec, Nodes: nodesNamed("n", "m"), Pods: tc.pods, Recorded: tc.recorded}
			got := Build(h, Meta{}).Fidelity
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got  %s\nwant %s", asJSON(t, got), asJSON(t, tc.want))
			}
		})
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A report of a trace without a record does not speak of fidelity.
func TestFidelityIsLeftOut(t *testing.T) {
	var b bytes.Buffer
	r := Build(&history.History{Pods: []*history.Pod{launched("Job/x", 1, "n", 0)}}, Meta{})
	if err := WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	if err := WriteText(&b, r); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(strings.ToLower(b.String()), "fidelity") {
		t.Error(b.String())
	}
}

// The owners that differ most are kept, and the totals are over all.
func TestFidelityListIsBounded(t *testing.T) {
	h := &history.History{End: 100 * sec, Nodes: nodesNamed("n", "m")}
	for i := range 103 {
		owner := fmt.Sprintf("Job/%03d", i)
		var pods []history.RecordedPod
		for k := range i + 1 { // all but the first ran on the wrong node
			h.Pods = append(h.Pods, launched(owner, k+1, "n", 0))
			pods = append(pods, on([]string{"n", "m"}[min(k, 1)]))
		}
		h.Recorded = append(h.Recorded, record(owner, pods...))
	}
	f := Build(h, Meta{}).Fidelity
	if f.Owners != 103 || len(f.WorstOwners) != 100 {
		t.Fatalf("%d of %d owners", len(f.WorstOwners), f.Owners)
	}
	if first, last := f.WorstOwners[0].Owner, f.WorstOwners[99].Owner; first != "Job/102" || last != "Job/003" {
		t.Errorf("from %s to %s", first, last)
	}
	if want := (PlacementFidelity{ComparedPods: 5356, SameNodePods: 103, SameNodeFraction: 0.019231, OverlapPods: 103, OverlapFraction: 0.019231}); *f.Placement != want {
		t.Errorf("got  %+v\nwant %+v", *f.Placement, want)
	}
}

// recordAtRandom adds a record and launches to a random history.
func recordAtRandom(rng *rand.Rand, h *history.History, unit time.Duration) {
	launches := map[ownerKey]int{}
	for _, i := range rng.Perm(len(h.Pods)) {
		if p := h.Pods[i]; p.Bound != never {
			launches[ownerKey{p.Namespace, p.Owner}]++
			p.Launch = launches[ownerKey{p.Namespace, p.Owner}]
		}
	}
	for _, namespace := range []string{"a", "b"} {
		for i := range 6 {
			r := history.Recorded{Namespace: namespace, Owner: fmt.Sprintf("Job/%d", i)}
			for range rng.IntN(8) {
				p := history.RecordedPod{Pending: never}
				if rng.IntN(8) > 0 {
					p.Node = fmt.Sprintf("n-%d", rng.IntN(6))
				}
				if rng.IntN(4) > 0 {
					p.Pending = time.Duration(rng.IntN(20)) * unit
				}
				r.Pods = append(r.Pods, p)
			}
			h.Recorded = append(h.Recorded, r)
		}
	}
}

// bruteFidelity looks for each recorded pod's counterpart among all pods.
func bruteFidelity(h *history.History) (pods FidelityPods, placement PlacementFidelity, pending PendingFidelity) {
	var recorded, simulated []time.Duration
	apart := new(big.Rat)
	for _, r := range h.Recorded {
		onNode := map[string]*[2]int{} // recorded, simulated
		for _, n := range h.Nodes {
			onNode[n.Name] = &[2]int{}
		}
		for k, e := range r.Pods {
			if e.Node == "" && e.Pending == never {
				continue
			}
			pods.RecordedPods++
			p := counterpart(h, r, k+1)
			if p == nil {
				pods.NotStartedPods++
				continue
			}
			pods.MatchedPods++
			switch known := onNode[e.Node]; {
			case e.Node == "":
			case known == nil:
				placement.UnknownNodePods++
			default:
				placement.ComparedPods++
				known[0]++
				if ran := onNode[p.Node]; ran != nil {
					ran[1]++
				}
				if p.Node == e.Node {
					placement.SameNodePods++
				}
			}
			if e.Pending != never {
				waited := min(p.Bound, h.End) - min(p.Created, h.End)
				recorded, simulated = append(recorded, e.Pending), append(simulated, waited)
				apart.Add(apart, new(big.Rat).Abs(big.NewRat(int64(e.Pending-waited), 1e9)))
			}
		}
		for _, n := range onNode {
			placement.OverlapPods += min(n[0], n[1])
		}
		for k := len(r.Pods) + 1; anyRecorded(r) && counterpart(h, r, k) != nil; k++ {
			pods.ExtraPods++
		}
	}
	if n := int64(placement.ComparedPods); n > 0 {
		placement.SameNodeFraction = six(big.NewRat(int64(placement.SameNodePods), n))
		placement.OverlapFraction = six(big.NewRat(int64(placement.OverlapPods), n))
	}
	pending = PendingFidelity{ComparedPods: len(recorded), RecordedSeconds: bruteWaits(recorded), SimulatedSeconds: bruteWaits(simulated)}
	if len(recorded) > 0 {
		pending.MeanAbsoluteDifferenceSeconds = six(apart.Quo(apart, big.NewRat(int64(len(recorded)), 1)))
	}
	return pods, placement, pending
}

func counterpart(h *history.History, r history.Recorded, launch int) *history.Pod {
	for _, p := range h.Pods {
		if p.Namespace == r.Namespace && p.Owner == r.Owner && p.Launch == launch {
			return p
		}
	}
	return nil
}

func anyRecorded(r history.Recorded) bool {
	for _, p := range r.Pods {
		if p.Node != "" || p.Pending != never {
			return true
		}
	}
	return false
}

func TestFidelityAgainstBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range 500 {
		h := randomHistory(rng)
		got := Build(h, Meta{}).Fidelity
		pods, placement, pending := bruteFidelity(h)
		if pods.RecordedPods == 0 {
			compare(t, i, "fidelity", got, (*Fidelity)(nil))
			continue
		}
		compare(t, i, "pods", got.FidelityPods, pods)
		if got.Placement != nil {
			compare(t, i, "placement", *got.Placement, placement)
		}
		if got.Pending != nil {
			compare(t, i, "pending", *got.Pending, pending)
		}
		var sum FidelityPods
		overlap := 0
		for _, o := range got.WorstOwners {
			sum.RecordedPods += o.RecordedPods
			sum.MatchedPods += o.MatchedPods
			sum.NotStartedPods += o.NotStartedPods
			sum.ExtraPods += o.ExtraPods
			if o.Placement != nil {
				overlap += o.Placement.OverlapPods
			}
		}
		compare(t, i, "sum of owners", sum, pods)
		compare(t, i, "overlap of owners", overlap, placement.OverlapPods)
		if t.Failed() {
			t.FailNow()
		}
	}
}
