package clusterautoscaler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"simk.dev/simk/autoscale"
)

// takeAway starts the deletion of nodes that were unneeded for long enough: empty ones
// first, those whose drain may fail last.
func (a *Autoscaler) takeAway(ctx context.Context, now time.Time) bool {
	going := map[*groupState]int{}
	empties, drains := a.deletions.count(going)
	budget, drainBudget := a.options.down.parallelism-empties-drains, a.options.down.drainParallelism-drains
	cores, memory := a.totals()
	var chosen []*unneeded
	for _, u := range a.inOrder() {
		if reason := a.removable(u, now, going[u.group], cores, memory); reason != "" {
			a.stays(u.node.Node, u.group, reason)
			continue
		}
		going[u.group]++
		cores, memory = cores-coresOf(u.node.Node), memory-memoryOf(u.node.Node)
		if budget <= 0 || !u.move.empty() && drainBudget <= 0 {
			a.stays(u.node.Node, u.group, "waits: as many nodes as may be are being deleted or drained")
			a.actsAt(now)
			continue
		}
		chosen = append(chosen, u)
		budget--
		if !u.move.empty() {
			drainBudget--
		}
	}
	started := false
	for _, u := range chosen {
		if err := a.mark(ctx, u, now); err != nil {
			a.failedToStart(u, now, err)
			return started
		}
		a.start(ctx, u, now)
		started = true
	}
	if started {
		a.lastDelete = now
	}
	return started
}

// inOrder are the unneeded nodes in the order in which they may go.
func (a *Autoscaler) inOrder() []*unneeded {
	rank := func(u *unneeded) int {
		switch {
		case u.move.empty():
			return 0
		case !u.risky:
			return 1
		}
		return 2
	}
	list := slices.Clone(a.unneeded)
	slices.SortStableFunc(list, func(x, y *unneeded) int { return rank(x) - rank(y) })
	return list
}

// removable is why an unneeded node stays for now; empty: it may go.
func (a *Autoscaler) removable(u *unneeded, now time.Time, going int, cores, memory int64) string {
	name, wait := "NotUnneededLongEnough", u.group.options.unneededTime
	if !u.node.ready {
		name, wait = "NotUnreadyLongEnough", u.group.options.unreadyTime
	}
	if end := u.since.Add(wait); now.Before(end) {
		a.actsAt(end)
		return fmt.Sprintf("%s: utilization %.3f, unneeded since %s, must be for %v", name, u.share, u.since.UTC().Format(time.RFC3339), wait)
	}
	if reason := u.group.atMin(going); reason != "" {
		return reason
	}
	if cores-coresOf(u.node.Node) < a.options.cores.min || memory-memoryOf(u.node.Node) < a.options.memory.min*gib {
		return "MinimalResourceLimitExceeded: cores-total or memory-total forbid that the cluster shrinks"
	}
	return ""
}

// atMin is why no node of the group may go when so many go already; empty: one may.
func (s *groupState) atMin(going int) string {
	if size := s.Size() - going; size <= s.Config().Min {
		return fmt.Sprintf("NodeGroupMinSizeReached: group %s has %d nodes, min %d", s.Name(), size, s.Config().Min)
	}
	return ""
}

// coolingDown is the delay that all scale-down is within; empty: none.
func (a *Autoscaler) coolingDown(now time.Time) string {
	if a.options.down.typeLocal {
		return ""
	}
	return a.cooling(now, "", a.lastUp, a.lastDelete, a.lastFailure, func() bool { return len(a.unneeded) > 0 || a.marksDiffer() })
}

// groupCoolingDown is the delay that a group is within, if delays are of groups.
func (a *Autoscaler) groupCoolingDown(s *groupState, now time.Time) string {
	if !a.options.down.typeLocal {
		return ""
	}
	return a.cooling(now, " of the group", s.lastUp, s.lastDown, s.lastDownFailed, func() bool { return true })
}

// cooling is the delay that runs after one of these; acts says whether something will be done at its
// end.
func (a *Autoscaler) cooling(now time.Time, where string, up, deleted, failed time.Time, acts func() bool) string {
	o := &a.options.down
	for _, d := range []struct {
		name string
		at   time.Time
		wait time.Duration
	}{
		{"scale-down-delay-after-add", up, o.afterAdd},
		{"scale-down-delay-after-failure", failed, o.afterFailure},
		{"scale-down-delay-after-delete", deleted, o.afterDelete},
	} {
		if end := d.at.Add(d.wait); !d.at.IsZero() && now.Before(end) {
			if acts() {
				a.actsAt(end)
			}
			return fmt.Sprintf("%s %v%s, until %s", d.name, d.wait, where, end.UTC().Format(time.RFC3339))
		}
	}
	return ""
}

// failedToStart notes that a node could not even be marked, and has all wait.
func (a *Autoscaler) failedToStart(u *unneeded, now time.Time, err error) {
	why := fmt.Sprintf("failed to mark the node as toBeDeleted/unschedulable: %v", err)
	a.lastFailure = now
	a.tell(u.node.Node, "Warning", "ScaleDownFailed", why)
	a.record(autoscale.Decision{Kind: autoscale.ScaleDownFailed, Group: u.group.Name(), Node: u.node.Name, Reason: why})
	a.changed = true
}
