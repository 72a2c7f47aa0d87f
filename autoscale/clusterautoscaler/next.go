package clusterautoscaler

import (
	"sync"
	"time"
)

// foresight is what others may know of the autoscaler's next step, while it works
// on a goroutine of its own.
type foresight struct {
	mu sync.Mutex
	// scan is the next scan; step is when something will be done though nothing
	// changes, zero: never.
	scan, step time.Time
	seen       uint64 // changes of machines
}

// NextStep returns when the autoscaler will next do something though nothing in
// the cluster changes: look at what changed since its last scan, delete a node that
// will have been unneeded for long enough, give up waiting for a machine, try a
// group again. Looking again at nodes that cannot be removed is nothing of the kind.
func (a *Autoscaler) NextStep() (t time.Time, ok bool) {
	a.next.mu.Lock()
	defer a.next.mu.Unlock()
	step := a.next.step
	if a.cluster.stirred() || a.config.Groups.Changes() != a.next.seen {
		step = a.next.scan
	}
	if deletion, ok := a.deletions.nextStep(); ok && (step.IsZero() || deletion.Before(step)) {
		step = deletion
	}
	return step, !step.IsZero()
}

// foresee publishes the next step, given when the next scan is.
func (a *Autoscaler) foresee(scan time.Time) {
	step := a.acts
	if !step.IsZero() {
		late := max(step.Sub(scan), 0)
		step = scan.Add((late + a.options.scanInterval - 1) / a.options.scanInterval * a.options.scanInterval)
	}
	if a.changed {
		step = scan
	}
	if !step.IsZero() {
		step = step.Add(2 * settle) // when the scan is over
	}
	a.next.mu.Lock()
	defer a.next.mu.Unlock()
	a.next.scan, a.next.step, a.next.seen = scan.Add(2*settle), step, a.seenChanges
}

// actsAt asks for a scan at t, like dueAt, and says that something will be done
// there: a run is not over before.
func (a *Autoscaler) actsAt(t time.Time) {
	a.dueAt(t)
	if a.acts.IsZero() || t.Before(a.acts) {
		a.acts = t
	}
}

// stirred says whether something changed that no scan has taken in.
func (c *cluster) stirred() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed || len(c.queue) > 0
}
