package report

import (
	"bytes"
	"cmp"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"simk.dev/simk/sim/history"
)

// TestAgainstBruteForce compares Build with an evaluation that looks at every
// pod and node at every instant, on random histories whose instants collide
// often.
func TestAgainstBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 500 {
		h := randomHistory(rng)
		got, want := Build(h, Meta{}), bruteForce(h)
		compare(t, i, "pods", got.Pods, want.Pods)
		compare(t, i, "waiting", got.PendingSeconds, want.PendingSeconds)
		compare(t, i, "nodes", got.Nodes, want.Nodes)
		compare(t, i, "utilization", got.Utilization, want.Utilization)
		compare(t, i, "timeline", got.Timeline, want.Timeline)
		owners := OmittedOwners{Owners: len(got.Owners)}
		for _, o := range got.Owners {
			owners.Created += o.Created
			owners.Bound += o.Bound
			owners.Succeeded += o.Succeeded
			owners.Failed += o.Failed
			owners.PendingAtEnd += o.PendingAtEnd
		}
		p := want.Pods
		compare(t, i, "sum of owners", owners,
			OmittedOwners{len(got.Owners), p.Created, p.Bound, p.Succeeded, p.Failed, p.PendingAtEnd})
		if t.Failed() {
			t.FailNow() // the first is enough to look at
		}
	}
}

func compare(t *testing.T, i int, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("history %d: %s:\ngot  %+v\nwant %+v", i, what, got, want)
	}
}

// TestOrderDoesNotMatter builds from shuffled histories.
func TestOrderDoesNotMatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	write := func(h *history.History) []byte {
		var b bytes.Buffer
		r := Build(h, Meta{})
		for _, err := range []error{WriteJSON(&b, r), WriteText(&b, r), writePods(&b, h), writeTimeline(&b, r)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		return b.Bytes()
	}
	for i := range 50 {
		h := randomHistory(rng)
		want := write(h)
		rng.Shuffle(len(h.Pods), func(a, b int) { h.Pods[a], h.Pods[b] = h.Pods[b], h.Pods[a] })
		rng.Shuffle(len(h.Nodes), func(a, b int) { h.Nodes[a], h.Nodes[b] = h.Nodes[b], h.Nodes[a] })
		if got := write(h); !bytes.Equal(got, want) {
			t.Fatalf("history %d: output changed with the order of pods and nodes", i)
		}
	}
}

// tick is odd, so that sixths and rounding get their share.
const tick = 1234567891 * time.Nanosecond

func randomHistory(rng *rand.Rand) *history.History {
	h := &history.History{End: time.Duration(rng.IntN(60)) * tick}
	if rng.IntN(2) == 0 {
		h.End /= 1000 // from nanoseconds to an hour: points and changes at different places
	}
	unit := max(h.End/50, 1)
	later := func(t time.Duration, odds int) time.Duration {
		if t == never || rng.IntN(100) >= odds {
			return never
		}
		return t + time.Duration(rng.IntN(20))*unit
	}
	for i := range rng.IntN(40) {
		p := pod(fmt.Sprintf("p-%d", i), later(0, 100))
		p.Namespace = []string{"a", "b"}[rng.IntN(2)]
		p.Owner = fmt.Sprintf("Job/%d", rng.IntN(6))
		p.Requests = history.Resources{"cpu": int64(rng.IntN(2000)), "memory": 1 << rng.IntN(40)}
		p.Bound = later(p.Created, 80)
		p.Started = later(p.Bound, 95)
		p.Finished = later(p.Started, 60)
		p.Deleted = later(p.Created+time.Duration(rng.IntN(20))*unit, 30)
		if p.Bound != never && p.Deleted != never {
			p.Deleted = max(p.Deleted, p.Bound)
		}
		p.Phase = []string{"Succeeded", "Failed", "Running"}[rng.IntN(3)]
		p.Node = fmt.Sprintf("n-%d", rng.IntN(5))
		p.Reason = []string{"", "x", "y"}[rng.IntN(3)]
		for at := later(p.Bound, 30); at != never; at = later(at, 50) {
			p.Request(at, history.Resources{"cpu": int64(rng.IntN(2000)), "memory": 1 << rng.IntN(40)})
		}
		h.Pods = append(h.Pods, p)
	}
	recordAtRandom(rng, h, unit)
	for i := range rng.IntN(6) {
		n := &history.Node{Name: fmt.Sprintf("n-%d", i), Added: later(0, 100)}
		n.Allocatable = history.Resources{"cpu": int64(rng.IntN(4000)), "memory": 1 << rng.IntN(44), "pods": 5}
		n.Removed = later(n.Added, 50)
		if rng.IntN(4) == 0 {
			n.Name = "n-0" // one more of the name
		}
		for at := later(n.Added, 30); at != never; at = later(at, 50) {
			n.Offer(at, history.Resources{"cpu": int64(rng.IntN(4000)), "pods": 5})
		}
		for at := later(0, 80); at != never; at = later(at, 80) {
			span := history.Span{From: at, To: later(at, 90)}
			n.NotReady = append(n.NotReady, span)
			at = span.To
		}
		h.Nodes = append(h.Nodes, n)
	}
	return h
}

// brute evaluates a history at one instant by looking at all of it.
type brute struct {
	h  *history.History
	at time.Duration
}

// by says that t has come; at the end, whatever came later has come as well.
func (b brute) by(t time.Duration) bool {
	return t != never && (t <= b.at || b.at == b.h.End)
}

// latest is what amounts have become by then.
func (b brute) latest(first history.Resources, later []history.Later[history.Resources]) history.Resources {
	for _, l := range later {
		if b.by(l.From) {
			first = l.Value
		}
	}
	return first
}

func (b brute) state() (p Point, requested, allocatable map[string]int64) {
	requested, allocatable = map[string]int64{}, map[string]int64{}
	for _, x := range b.h.Pods {
		if b.by(x.Finished) {
			switch x.Phase {
			case "Succeeded":
				p.Succeeded++
			case "Failed":
				p.Failed++
			}
		}
		over := b.by(x.Finished) || x.Finished == never && b.by(x.Deleted)
		switch gone := b.by(x.Finished) || b.by(x.Deleted); {
		case !b.by(x.Created) || gone:
		case b.by(x.Bound):
			p.Running++
		default:
			p.Pending++
		}
		on := slices.ContainsFunc(b.h.Nodes, func(n *history.Node) bool { return n.Name == x.Node && b.by(n.Added) && !b.by(n.Removed) })
		if b.by(x.Created) && b.by(x.Bound) && !over && on {
			amounts := b.latest(x.Requests, x.Resized)
			requested["cpu"] += amounts["cpu"]
			requested["memory"] += amounts["memory"]
			requested["pods"]++
		}
	}
	for _, n := range b.h.Nodes {
		if !b.by(n.Added) || b.by(n.Removed) {
			continue
		}
		p.Nodes++
		ready := 1
		for _, s := range n.NotReady {
			if b.by(s.From) && !b.by(s.To) {
				ready = 0
			}
		}
		p.ReadyNodes += ready
		for name, amount := range b.latest(n.Allocatable, n.Resized) {
			allocatable[name] += amount
		}
	}
	return p, requested, allocatable
}

func bruteForce(h *history.History) *Report {
	end, _, _ := brute{h, h.End}.state()
	r := &Report{Pods: Pods{
		Created: len(h.Pods), Succeeded: end.Succeeded, Failed: end.Failed,
		PendingAtEnd: end.Pending, RunningAtEnd: end.Running,
	}}
	var waits []time.Duration
	bound := map[string]bool{} // resources that a bound pod requests
	for _, p := range h.Pods {
		if p.Deleted != never {
			r.Pods.Deleted++
		}
		if p.Bound != never {
			r.Pods.Bound++
			waits = append(waits, min(p.Bound, h.End)-min(p.Created, h.End))
			bound["cpu"], bound["memory"] = true, true
		}
	}
	r.PendingSeconds = bruteWaits(waits)
	bruteNodes(h, r)

	names := bound
	for _, n := range h.Nodes {
		for name := range n.Allocatable {
			names[name] = true
		}
	}
	for _, at := range sampleInstants(h.End) {
		p, requested, allocatable := brute{h, at}.state()
		p.AtSeconds = six(big.NewRat(int64(at), 1e9))
		p.Requested, p.Allocatable = map[string]float64{}, map[string]float64{}
		for name := range names {
			scale := 1.0
			if name == "cpu" {
				scale = 1000
			}
			p.Requested[name] = float64(requested[name]) / scale
			p.Allocatable[name] = float64(allocatable[name]) / scale
		}
		r.Timeline = append(r.Timeline, p)
	}
	return r
}

// bruteNodes integrates over the stretches between all instants of the history.
func bruteNodes(h *history.History, r *Report) {
	instants := []time.Duration{0, h.End}
	for _, p := range h.Pods {
		instants = append(instants, p.Created, p.Bound, p.Finished, p.Deleted)
		for _, l := range p.Resized {
			instants = append(instants, l.From)
		}
	}
	for _, n := range h.Nodes {
		instants = append(instants, n.Added, n.Removed)
		for _, l := range n.Resized {
			instants = append(instants, l.From)
		}
	}
	instants = slices.DeleteFunc(instants, func(t time.Duration) bool { return t < 0 || t > h.End })
	slices.Sort(instants)
	instants = slices.Compact(instants)

	hours := new(big.Rat)
	requestedSum, allocatableSum, peak := map[string]*big.Rat{}, map[string]*big.Rat{}, map[string]*big.Rat{}
	for _, name := range []string{"cpu", "memory", "pods"} {
		requestedSum[name], allocatableSum[name], peak[name] = new(big.Rat), new(big.Rat), new(big.Rat)
	}
	for i, at := range instants {
		p, requested, allocatable := brute{h, at}.state()
		if i == 0 {
			r.Nodes.AtStart = p.Nodes
		}
		r.Nodes.Peak = max(r.Nodes.Peak, p.Nodes)
		r.Nodes.AtEnd = p.Nodes
		for name := range peak {
			if a := allocatable[name]; a > 0 {
				if f := big.NewRat(requested[name], a); f.Cmp(peak[name]) > 0 {
					peak[name] = f
				}
			}
		}
		if i+1 == len(instants) {
			break
		}
		span := big.NewRat(int64(instants[i+1]-at), 1)
		times := func(n int64) *big.Rat { return new(big.Rat).Mul(span, big.NewRat(n, 1)) }
		hours.Add(hours, times(int64(p.Nodes)))
		for name := range peak {
			if allocatable[name] == 0 {
				continue // neither in the mean nor in the peak
			}
			requestedSum[name].Add(requestedSum[name], times(requested[name]))
			allocatableSum[name].Add(allocatableSum[name], times(allocatable[name]))
		}
	}
	r.Nodes.NodeHours = six(hours.Quo(hours, big.NewRat(int64(time.Hour), 1)))
	r.Utilization = map[string]Utilization{}
	for name := range peak {
		if allocatableSum[name].Sign() > 0 {
			r.Utilization[name] = Utilization{
				MeanRequested: six(new(big.Rat).Quo(requestedSum[name], allocatableSum[name])),
				PeakRequested: six(peak[name]),
			}
		}
	}
}

func bruteWaits(waits []time.Duration) (d Distribution) {
	if len(waits) == 0 {
		return d
	}
	sum := new(big.Rat)
	for _, w := range waits {
		sum.Add(sum, big.NewRat(int64(w), 1e9))
	}
	smallest := func(percent int) float64 { // that at least percent % do not exceed
		best := slices.MaxFunc(waits, cmp.Compare)
		for _, candidate := range waits {
			n := 0
			for _, w := range waits {
				if w <= candidate {
					n++
				}
			}
			if n*100 >= percent*len(waits) {
				best = min(best, candidate)
			}
		}
		return six(big.NewRat(int64(best), 1e9))
	}
	return Distribution{
		Mean: six(sum.Quo(sum, big.NewRat(int64(len(waits)), 1))),
		P50:  smallest(50), P90: smallest(90), P99: smallest(99), Max: smallest(100),
	}
}

// six rounds by way of text, unlike the code under test.
func six(r *big.Rat) float64 {
	f, err := strconv.ParseFloat(r.FloatString(6), 64)
	if err != nil {
		panic(err)
	}
	return f
}
