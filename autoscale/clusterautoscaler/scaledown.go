package clusterautoscaler

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"simk.dev/simk/autoscale"
)

// unneeded is a node that the cluster could do without.
type unneeded struct {
	node  *node
	group *groupState
	since time.Time
	share float64 // utilization
	// move are the pods that would run elsewhere, daemons those of DaemonSets.
	move, daemons []*corev1.Pod
}

// unremovable is a node that could not be removed.
type unremovable struct {
	judged, again time.Time // when it was looked at, and will be again
}

// scaleDown finds nodes that are not needed, and takes away those that have not
// been for long enough. With idle false it only finds them.
func (a *Autoscaler) scaleDown(ctx context.Context, now time.Time, idle bool) error {
	budgets := a.budgets()
	before := a.unneeded
	a.unneeded = nil
	known := map[string]*unneeded{}
	for _, u := range before {
		known[u.node.Name] = u
	}
	gone := map[string]bool{}
	for _, u := range a.candidates(now, known) {
		if len(a.unneeded) >= a.unneededLimit() {
			break
		}
		if reason := a.remove(ctx, u, now, budgets, gone); reason != "" {
			a.unremovable[u.node.Name] = unremovable{now, now.Add(a.options.down.recheck)}
			a.dueAt(now.Add(a.options.down.recheck))
			a.stays(u.node.Node, u.group, reason)
			continue
		}
		gone[u.node.Name] = true
		u.since = now
		if old := known[u.node.Name]; old != nil {
			u.since = old.since
		}
		a.unneeded = append(a.unneeded, u)
	}
	a.forgetNodes()
	started := false
	if idle {
		started = a.takeAway(ctx, now)
	}
	if !started {
		a.softTaint(ctx)
	}
	return nil
}

// candidates are the nodes worth a simulation: those that were not needed before,
// then empty ones, then some others.
func (a *Autoscaler) candidates(now time.Time, known map[string]*unneeded) []*unneeded {
	var before, empty, other []*unneeded
	for _, n := range a.cluster.nodes {
		u := a.eligible(n, now)
		switch {
		case u == nil:
		case known[n.Name] != nil:
			before = append(before, u)
		case a.isEmpty(n):
			empty = append(empty, u)
		default:
			other = append(other, u)
		}
	}
	occupied := 0
	for _, u := range before {
		if !a.isEmpty(u.node) {
			occupied++
		}
	}
	o := &a.options.down
	if o.nonEmptyCandidates > 0 {
		pool := max(int(float64(len(other))*o.poolRatio), o.poolMinCount)
		other = other[:min(len(other), pool, max(o.nonEmptyCandidates-occupied, 0))]
	}
	return slices.Concat(before, empty, other)
}

// isEmpty says whether a node has only pods of DaemonSets and mirrors.
func (a *Autoscaler) isEmpty(n *node) bool {
	for _, p := range n.info.Pods {
		if !staysBehind(p.GetPod()) {
			return false
		}
	}
	return true
}

// eligible says whether a node may be looked at at all.
func (a *Autoscaler) eligible(n *node, now time.Time) *unneeded {
	group := a.groupOf(n.Name)
	if group == nil || beingDeleted(n.Node) || a.deletion(n.Name) != nil {
		return nil
	}
	if n.Annotations[scaleDownDisabled] == "true" {
		a.stays(n.Node, group, "ScaleDownDisabledAnnotation: node annotation "+scaleDownDisabled+": \"true\"")
		return nil
	}
	if u, ok := a.unremovable[n.Name]; ok && now.Before(u.again) {
		a.dueAt(u.again)
		if a.lastChange.After(u.judged) {
			a.actsAt(u.again) // perhaps it can go by now
		}
		return nil // RecentlyUnremovable: why was said then
	}
	delete(a.unremovable, n.Name)
	share, threshold := a.utilization(n.info)
	if share >= threshold {
		a.stays(n.Node, group, fmt.Sprintf("NotUnderutilized: at least %g of it is requested", threshold))
		return nil
	}
	return &unneeded{node: n, group: group, share: share}
}

func (a *Autoscaler) groupOf(node string) *groupState {
	g := a.config.Groups.ForNode(node)
	for _, s := range a.groups {
		if s.Group == g {
			return s
		}
	}
	return nil
}

// remove simulates that a node goes; what it changes in the snapshot stays, so that
// no place is promised twice. The reason is why it cannot.
func (a *Autoscaler) remove(ctx context.Context, u *unneeded, now time.Time, budgets *budgets, gone map[string]bool) string {
	move, daemons, b := a.podsToMove(u.node.info, now, budgets)
	if b != nil {
		return b.String()
	}
	f := a.fitter
	at := f.index[u.node.Name]
	f.fork()
	for _, p := range move {
		if err := f.removePod(p, at); err != nil {
			f.revert()
			return fmt.Sprintf("UnexpectedError: %v", err)
		}
	}
	usable := func(i int) bool {
		n := f.info(i).Node()
		return i != at && !gone[n.Name] && !beingDeleted(n)
	}
	for _, p := range move {
		c := *p
		c.Spec.NodeName = ""
		if _, ok := f.place(ctx, &c, 0, len(a.cluster.nodes), usable); !ok {
			f.revert()
			return fmt.Sprintf("NoPlaceToMovePods: pod %s fits no other node", podKey(p))
		}
	}
	f.commit()
	budgets.take(move)
	u.move, u.daemons = move, daemons
	return ""
}

// unneededLimit is how many nodes it is worth to know: more cannot be deleted
// until those have been unneeded for long enough.
func (a *Autoscaler) unneededLimit() int {
	n := a.options.down.parallelism
	return 2*n + n*int(a.options.down.unneededTime/a.options.scanInterval)
}

// takeAway starts the deletion of nodes that were unneeded for long enough.
func (a *Autoscaler) takeAway(ctx context.Context, now time.Time) bool {
	if len(a.unneeded) == 0 {
		return false
	}
	if !a.options.down.typeLocal {
		if reason := a.cooling(now, "", a.lastUp, a.lastDelete, a.lastFailure); reason != "" {
			a.explainCooling(reason)
			return false
		}
	}
	emptyBudget := a.options.down.parallelism - len(a.deletions)
	drainBudget := a.options.down.drainParallelism
	going := map[*groupState]int{}
	cores, memory := a.totals()
	for _, d := range a.deletions {
		if !d.empty {
			drainBudget--
		}
		going[d.group]++
	}
	started := false
	for _, empty := range []bool{true, false} { // empty nodes first
		for _, u := range slices.Clone(a.unneeded) {
			if (len(u.move) == 0) != empty {
				continue
			}
			if reason := a.removable(u, now, going[u.group], cores, memory); reason != "" {
				a.stays(u.node.Node, u.group, reason)
				continue
			}
			if emptyBudget <= 0 || !empty && drainBudget <= 0 {
				a.stays(u.node.Node, u.group, "waits: as many nodes as may be are being deleted or drained")
				a.actsAt(now)
				continue
			}
			a.start(ctx, u, now)
			started = true
			emptyBudget--
			if !empty {
				drainBudget--
			}
			going[u.group]++
			cores, memory = cores-coresOf(u.node.Node), memory-memoryOf(u.node.Node)
			a.unneeded = slices.DeleteFunc(a.unneeded, func(o *unneeded) bool { return o == u })
		}
	}
	return started
}

// removable is why an unneeded node stays for now; empty: it may go.
func (a *Autoscaler) removable(u *unneeded, now time.Time, going int, cores, memory int64) string {
	o := &a.options.down
	if o.typeLocal {
		if reason := a.cooling(now, " of the group", u.group.lastUp, u.group.lastDown, u.group.lastDownFailed); reason != "" {
			return reason
		}
	}
	name, wait := "NotUnneededLongEnough", o.unneededTime
	if !isReady(u.node.Node) {
		name, wait = "NotUnreadyLongEnough", o.unreadyTime
	}
	if end := u.since.Add(wait); now.Before(end) {
		a.actsAt(end)
		return fmt.Sprintf("%s: utilization %.3f, unneeded since %s, must be for %v", name, u.share, u.since.UTC().Format(time.RFC3339), wait)
	}
	if size := u.group.Size() - going; size <= u.group.Config().Min {
		return fmt.Sprintf("NodeGroupMinSizeReached: group %s has %d nodes, min %d", u.group.Name(), size, u.group.Config().Min)
	}
	if cores-coresOf(u.node.Node) < a.options.cores.min || memory-memoryOf(u.node.Node) < a.options.memory.min*gib {
		return "MinimalResourceLimitExceeded: cores-total or memory-total forbid that the cluster shrinks"
	}
	return ""
}

// cooling is the delay that scale-down is within; empty: none.
func (a *Autoscaler) cooling(now time.Time, where string, up, deleted, failed time.Time) string {
	o := &a.options.down
	for _, d := range []struct {
		name string
		at   time.Time
		wait time.Duration
	}{
		{"scale-down-delay-after-add", up, o.afterAdd},
		{"scale-down-delay-after-delete", deleted, o.afterDelete},
		{"scale-down-delay-after-failure", failed, o.afterFailure},
	} {
		if end := d.at.Add(d.wait); !d.at.IsZero() && now.Before(end) {
			a.actsAt(end)
			return fmt.Sprintf("%s %v%s, until %s", d.name, d.wait, where, end.UTC().Format(time.RFC3339))
		}
	}
	return ""
}

func (a *Autoscaler) explainCooling(reason string) {
	for _, u := range a.unneeded {
		a.stays(u.node.Node, u.group, reason)
	}
}

// stays records why a node stays.
func (a *Autoscaler) stays(n *corev1.Node, g *groupState, reason string) {
	a.once("node/"+n.Name, autoscale.Decision{Kind: autoscale.NoScaleDown, Group: g.Name(), Node: n.Name, Reason: reason})
}

// forgetNodes drops what is remembered of nodes that are gone.
func (a *Autoscaler) forgetNodes() {
	for name := range a.unremovable {
		if a.cluster.byName[name] == nil {
			delete(a.unremovable, name)
			delete(a.recorded, "node/"+name)
		}
	}
}
