package report

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"time"

	"simk.dev/simk/sim/history"
)

// Meta is what a report says about its run that the history does not know.
type Meta struct {
	// Version is the version of simk.
	Version string
	// TraceName is the name in the trace's metadata, TraceSHA256 the hex
	// digest of its file.
	TraceName, TraceSHA256 string
	// Start is the virtual instant of offset zero.
	Start time.Time
	// Options is a struct of all options of the run; it is written as JSON, so
	// nothing in it may differ between equal runs (no paths of temporary
	// files). Nil is written as null.
	Options any
	// Seed is the seed of the run's random choices.
	Seed int64
}

// Build computes the report of a history. It keeps no reference to the history
// and does not change it. The order of h.Pods and h.Nodes does not matter.
func Build(h *history.History, meta Meta) *Report {
	lives := livesOf(h)
	am := amountsOf(h)
	s := newSweep(h, lives, am)
	instants := sampleInstants(h.End)
	r := &Report{
		APIVersion:  apiVersion,
		Kind:        kind,
		SimkVersion: meta.Version,
		Trace:       Trace{Name: meta.TraceName, SHA256: meta.TraceSHA256},
		Options:     meta.Options,
		Seed:        meta.Seed,
		Simulated: Simulated{
			Start:   instant(meta.Start),
			End:     instant(meta.Start.Add(h.End)),
			Seconds: seconds(h.End),
		},
		Complete:         h.Incomplete == "",
		IncompleteReason: h.Incomplete,
		Pods:             countPods(h, lives),
		Restarts:         countRestarts(h),
		PendingSeconds:   distribute(waits(lives)),
		PlacementsSHA256: placements(h),
		Timeline:         s.run(instants),
	}
	r.Nodes = Nodes{
		AtStart:   r.Timeline[0].Nodes,
		Peak:      s.peakNodes,
		AtEnd:     r.Timeline[len(r.Timeline)-1].Nodes,
		NodeHours: nodeHours(h),
	}
	r.Utilization = s.utilization()
	r.Unschedulable, r.UnschedulableOmitted = reasons(h, lives)
	r.Owners, r.OwnersOmitted = owners(h, lives)
	r.Namespaces = namespaces(h, lives)
	r.Rejected, r.Rejections = rejections(h)
	r.NotCreated = notCreated(h)
	r.FailingFast = failingFast(h)
	r.WebhooksNotCalled = h.Webhooks[:min(len(h.Webhooks), maxWebhooks)]
	r.Fidelity = fidelity(h, lives)
	r.Autoscaling = autoscaling(h, lives, am, instants, r.Timeline)
	return r
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// life is when a pod's state changed, each instant Never or within the run.
type life struct {
	created, bound, finished, deleted time.Duration
	// succeeded and failed tell how the pod finished by itself. One that was
	// deleted while it ran, and ended because of that, did neither.
	succeeded, failed bool
}

func livesOf(h *history.History) []life {
	lives := make([]life, len(h.Pods))
	for i, p := range h.Pods {
		lives[i] = life{
			created:  within(p.Created, h.End),
			bound:    within(p.Bound, h.End),
			finished: within(p.Finished, h.End),
			deleted:  within(p.Deleted, h.End),

			succeeded: came(p.Finished) && p.Phase == "Succeeded",
			failed:    came(p.Finished) && p.Phase == "Failed",
		}
	}
	return lives
}

// within brings instants after the end of the run to its end.
func within(t, end time.Duration) time.Duration {
	if !came(t) {
		return history.Never
	}
	return min(t, end)
}

func came(t time.Duration) bool { return t >= 0 }

// first returns the earlier of two instants, Never if neither came.
func first(a, b time.Duration) time.Duration {
	if !came(a) || came(b) && b < a {
		return b
	}
	return a
}

// over is when the pod gave back what it held: when it finished, also where its
// deletion was asked for before that, else when it was deleted.
func (l life) over() time.Duration {
	if came(l.finished) {
		return l.finished
	}
	return l.deleted
}

// gone is when the pod finished or its deletion was asked for, whichever was first: from then
// on it counts as neither waiting nor running.
func (l life) gone() time.Duration { return first(l.finished, l.deleted) }

// ran says that the pod was bound before it was gone.
func (l life) ran() bool { return came(l.bound) && (!came(l.gone()) || l.bound <= l.gone()) }

// pending says that at the end the pod still waits for a node.
func (l life) pending() bool { return !came(l.bound) && !came(l.gone()) }

// running says that at the end the pod is bound and not gone.
func (l life) running() bool { return came(l.bound) && !came(l.gone()) }

// wait is how long a bound pod waited.
func (l life) wait() time.Duration { return l.bound - l.created }

func countPods(h *history.History, lives []life) Pods {
	n := Pods{Created: len(h.Pods)}
	for i, p := range h.Pods {
		l := lives[i]
		n.Bound += one(came(l.bound))
		n.Succeeded += one(l.succeeded)
		n.Failed += one(l.failed)
		n.Deleted += one(came(l.deleted))
		n.Evicted += one(p.Evicted)
		n.Preempted += one(p.Preempted)
		n.PendingAtEnd += one(l.pending())
		n.RunningAtEnd += one(l.running())
	}
	return n
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func countRestarts(h *history.History) int64 {
	var n int64
	for _, p := range h.Pods {
		n += int64(p.Restarts)
	}
	return n
}

// waits returns how long each bound pod waited, shortest first.
func waits(lives []life) []time.Duration {
	var ds []time.Duration
	for _, l := range lives {
		if came(l.bound) {
			ds = append(ds, l.wait())
		}
	}
	slices.Sort(ds)
	return ds
}

func distribute(sorted []time.Duration) Distribution {
	if len(sorted) == 0 {
		return Distribution{}
	}
	var sum area
	for _, d := range sorted {
		sum.add(1, d)
	}
	rank := func(percent int) float64 { // nearest rank: the ceiling of percent % of n, from 1
		return seconds(sorted[(percent*len(sorted)+99)/100-1])
	}
	return Distribution{
		Mean: sum.over(int64(len(sorted)) * int64(time.Second)),
		P50:  rank(50),
		P90:  rank(90),
		P99:  rank(99),
		Max:  rank(100),
	}
}

// placements digests where and when each pod was bound, with the instants as
// the history has them.
func placements(h *history.History) string {
	lines := make([]string, 0, len(h.Pods))
	for _, p := range h.Pods {
		if came(p.Bound) {
			at := strconv.FormatInt(int64(p.Bound), 10)
			lines = append(lines, p.Namespace+"/"+p.Name+" "+p.Node+" "+at+"\n")
		}
	}
	slices.Sort(lines)
	sum := sha256.New()
	for _, line := range lines {
		io.WriteString(sum, line) //nolint:errcheck // a hash never fails
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func rejections(h *history.History) (int, []Rejection) {
	list := []Rejection{}
	for _, r := range h.Rejections[:min(len(h.Rejections), maxRejections)] {
		list = append(list, Rejection{AtSeconds: seconds(r.At), Object: r.Object, Message: r.Message})
	}
	return len(h.Rejections), list
}

func notCreated(h *history.History) []NotCreated {
	var list []NotCreated
	for _, n := range h.NotCreated[:min(len(h.NotCreated), maxNotCreated)] {
		list = append(list, NotCreated{AtSeconds: seconds(n.At), Object: n.Object, Attempts: n.Attempts, Message: n.Message})
	}
	return list
}

func failingFast(h *history.History) []FailingFast {
	var list []FailingFast
	for _, f := range h.FailingFast[:min(len(h.FailingFast), maxFailing)] {
		list = append(list, FailingFast{AtSeconds: seconds(f.At), Owner: f.Owner, Namespace: f.Namespace, Pods: f.Failed, Reason: f.Reason})
	}
	return list
}
