package clusterautoscaler

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"simk.dev/simk/autoscale"
)

// unneeded is a node that the cluster could do without.
type unneeded struct {
	node  *node
	group *groupState
	since time.Time
	share float64 // utilization
	move  *move
	// risky: its pods exceed a budget together, so that its drain may fail.
	risky bool
}

// unremovable is a node that could not be removed.
type unremovable struct {
	judged, again time.Time // when it was looked at, and will be again
	// until is when time alone may let it go; zero: never.
	until time.Time
}

// scaleDown finds nodes that are not needed, and takes away those that have not
// been for long enough, which it reports. With idle false it only finds them.
func (a *Autoscaler) scaleDown(ctx context.Context, now time.Time, idle bool) (started bool) {
	candidates := a.candidates(now)
	a.plan(ctx, candidates, now)
	if !idle || len(candidates) == 0 {
		return false
	}
	if reason := a.coolingDown(now); reason != "" {
		for _, u := range a.unneeded {
			a.stays(u.node.Node, u.group, reason)
		}
		return false
	}
	if started = a.takeAway(ctx, now); !started {
		a.softTaint(ctx)
	}
	return started
}

// candidates are the nodes that may be looked at, empty ones first, then those that
// were unneeded before. Others keep their order.
func (a *Autoscaler) candidates(now time.Time) []*unneeded {
	var list []*unneeded
	for _, n := range a.standing {
		s := a.groupOf(n.Name)
		if s == nil || a.deletions.has(n.Name) {
			continue
		}
		if reason := s.atMin(0); reason != "" {
			a.stays(n.Node, s, reason)
			continue
		}
		if reason := a.groupCoolingDown(s, now); reason != "" {
			a.stays(n.Node, s, reason)
			continue
		}
		list = append(list, &unneeded{node: n, group: s})
	}
	known := a.known()
	ranks := make(map[*unneeded]int, len(list))
	for _, u := range list {
		ranks[u] = a.rank(u, known, now)
	}
	slices.SortStableFunc(list, func(x, y *unneeded) int { return ranks[x] - ranks[y] })
	return list
}

// rank says which candidates are looked at first: empty nodes, those where all pods run to their
// end, those that were unneeded before, others.
func (a *Autoscaler) rank(u *unneeded, known map[string]*unneeded, now time.Time) int {
	if !a.somePodMoves(u.node.Name) {
		switch m, b := a.rules.podsToMove(a.podsOn(u.node.Name), now, nil); {
		case b == nil && m.empty():
			return 0
		case b == nil && len(m.elsewhere) == 0:
			return 1
		}
	}
	if known[u.node.Name] != nil {
		return 2
	}
	return 3
}

// somePodMoves says whether a node has a pod that would have to move, or keeps the node, whatever
// the rules say in detail. Most nodes have one, so that few need be asked for each scan.
func (a *Autoscaler) somePodMoves(node string) bool {
	for _, info := range a.fitter.named(node).Pods {
		p := a.cluster.current(info.GetPod())
		runs := p.DeletionTimestamp == nil && !podutil.IsPodTerminal(p)
		if runs && !isMirror(p) && !ofDaemonSet(p) && p.Annotations[safeToEvict] != onCompletion {
			return true
		}
	}
	return false
}

// known are the nodes that were unneeded at the scan before.
func (a *Autoscaler) known() map[string]*unneeded {
	known := make(map[string]*unneeded, len(a.unneeded))
	for _, u := range a.unneeded {
		known[u.node.Name] = u
	}
	return known
}

// plan finds the unneeded nodes among the candidates: those that could all go, one
// after the other.
func (a *Autoscaler) plan(ctx context.Context, candidates []*unneeded, now time.Time) {
	budgets := budgetsOf(a.rules.budgets)
	known, limit := a.known(), a.unneededLimit()
	a.unneeded = nil
	destinations := map[string]bool{}
	for _, n := range a.standing {
		destinations[n.Name] = !a.deletions.has(n.Name)
	}
	for _, u := range candidates {
		if !a.eligible(u, now) {
			continue
		}
		if len(a.unneeded) >= limit {
			a.changed = true // the next scan looks further
			break
		}
		if reason, until := a.remove(ctx, u, now, budgets, destinations); reason != "" {
			again := now.Add(a.options.down.recheck)
			a.unremovable[u.node.Name] = unremovable{now, again, until}
			a.dueAt(again)
			a.stays(u.node.Node, u.group, reason)
			continue
		}
		destinations[u.node.Name] = false
		u.since = now
		if old := known[u.node.Name]; old != nil {
			u.since = old.since
		}
		a.unneeded = append(a.unneeded, u)
	}
	a.planned = true
	a.fitter.forRemoval.age()
	a.forgetNodes()
}

// unneededLimit is how many nodes it is worth to know: more cannot be deleted until
// those have been unneeded for long enough. It grows from scan to scan.
func (a *Autoscaler) unneededLimit() int {
	n := a.options.down.parallelism
	loops := 1 // as long as upstream does not know how often it scans
	if a.planned {
		loops = max(int(a.options.group.unneededTime/a.options.scanInterval), 1)
	}
	return min(len(a.unneeded)+2*n, n*loops+n)
}

// eligible says whether a simulation is worth it, and fills in the utilization.
func (a *Autoscaler) eligible(u *unneeded, now time.Time) bool {
	n := u.node
	if r, ok := a.unremovable[n.Name]; ok && now.Before(r.again) {
		a.dueAt(r.again)
		if a.lastChange.After(r.judged) || !r.until.IsZero() {
			a.actsAt(later(r.again, r.until)) // perhaps it can go by then
		}
		return false // RecentlyUnremovable: why was said then
	}
	delete(a.unremovable, n.Name)
	if beingDeleted(n.Node) {
		return false
	}
	if n.Annotations[scaleDownDisabled] == "true" {
		a.stays(n.Node, u.group, "ScaleDownDisabledAnnotation: node annotation "+scaleDownDisabled+": \"true\"")
		return false
	}
	if !a.options.down.unready && !n.ready {
		a.stays(n.Node, u.group, "ScaleDownUnreadyDisabled: the node is unready, and scale-down-unready-enabled is false")
		return false
	}
	var threshold float64
	if u.share, threshold = a.utilization(u.group, a.fitter.named(n.Name), now); u.share > threshold {
		a.stays(n.Node, u.group, fmt.Sprintf("NotUnderutilized: more than %g of it is requested", threshold))
		return false
	}
	return true
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
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

// podsOn are the pods of a node as the simulation has them, those included that moved
// there because another node is to go.
func (a *Autoscaler) podsOn(node string) []*corev1.Pod {
	info := a.fitter.named(node)
	pods := make([]*corev1.Pod, 0, len(info.Pods))
	for _, p := range info.Pods {
		pods = append(pods, a.cluster.current(p.GetPod()))
	}
	return pods
}

// remove simulates that a node goes; what it changes in the snapshot stays, so that
// no place is promised twice. The reason is why it cannot, until when time alone may
// change that.
func (a *Autoscaler) remove(ctx context.Context, u *unneeded, now time.Time, budgets *budgets,
	destinations map[string]bool) (reason string, until time.Time) {
	m, b := a.rules.podsToMove(a.podsOn(u.node.Name), now, budgets)
	if b != nil {
		return b.String(), b.until
	}
	f := a.fitter
	f.fork()
	// Its pods see it as they will in reality: tainted, and still a domain of spread.
	f.empty(u.node.Name, corev1.Taint{Key: toBeDeleted, Effect: corev1.TaintEffectNoSchedule})
	for _, p := range m.elsewhere {
		c := *p
		c.Spec.NodeName = ""
		usable := func(at int) bool { name := f.info(at).Node().Name; return destinations[name] && name != u.node.Name }
		if !f.place(ctx, &c, f.forRemoval, usable) {
			f.revert()
			return fmt.Sprintf("NoPlaceToMovePods: pod %s fits no other node", autoscale.PodKey(p)), time.Time{}
		}
	}
	f.commit()
	f.drop(u.node.Name) // those that go after it do not see it any more
	u.move, u.risky = m, !budgets.allowTogether(m.elsewhere)
	budgets.take(m.elsewhere)
	return "", time.Time{}
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
