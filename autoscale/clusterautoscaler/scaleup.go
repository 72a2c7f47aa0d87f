package clusterautoscaler

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/scheduler/framework"

	"simk.dev/simk/autoscale"
)

// option is a group that could grow, and what for.
type option struct {
	group   *groupState
	similar []*groupState // groups that may share the growth
	node    *framework.NodeInfo
	classes []*class // those whose pods fit the group's nodes
	pods    []*corev1.Pod
	count   int
	scores  []string // what the expanders thought, for people
}

// Reasons for which a group is not considered, as upstream words them.
const (
	reasonMaxSize   = "max node group size reached"
	reasonBackoff   = "in backoff after failed scale-up"
	reasonUnhealthy = "not ready for scale-up"
)

// scaleUp grows at most one group, or several similar ones, for the pods.
func (a *Autoscaler) scaleUp(ctx context.Context, now time.Time, pods []*waiting) (bool, error) {
	classes := classify(pods)
	skipped := map[string]string{}
	var options []*option
	nodes := a.countNodes()
	if limit := a.options.maxNodesTotal; a.full() {
		reason := fmt.Sprintf("max-nodes-total: the cluster has %d nodes of %d", nodes, limit)
		a.tellStatus(corev1.EventTypeWarning, "MaxNodesTotalReached", "Max total nodes in cluster reached: %d", limit)
		for _, s := range a.groups {
			skipped[s.Name()] = reason
		}
	} else {
		options = a.makeOptions(ctx, now, classes, nodes, skipped)
	}
	best, why := a.choose(options)
	if best == nil {
		for _, o := range options {
			skipped[o.group.Name()] = "the expander leaves the group out: " + strings.Join(o.scores, "; ")
		}
		a.explain(classes, skipped, nil, nil)
		return false, nil
	}
	increases := a.distribute(best, now, nodes)
	if len(increases) == 0 {
		skipped[best.group.Name()] = "max cluster limit reached"
		a.explain(classes, skipped, nil, nil)
		return false, nil
	}
	var grown []string
	for _, in := range increases {
		from := in.group.Size()
		if a.grow(in.group, in.delta, now) != nil {
			continue
		}
		a.record(autoscale.Decision{
			Kind: autoscale.ScaleUp, Group: in.group.Name(), Delta: in.delta, Pods: named(best.pods), PodCount: len(best.pods),
			Reason: fmt.Sprintf("%d pods need %d more nodes; %s; size from %d to %d (max %d)",
				len(best.pods), best.count, why, from, from+in.delta, in.group.Config().Max),
		})
		grown = append(grown, fmt.Sprintf("{%s %d->%d (max: %d)}", in.group.Name(), from, from+in.delta, in.group.Config().Max))
	}
	if len(grown) == 0 {
		return false, nil
	}
	note := fmt.Sprintf("pod triggered scale-up: [%s]", strings.Join(grown, " "))
	for _, p := range best.pods {
		if p.UID != "" && a.cluster.waiting[autoscale.PodKey(p)] != nil {
			a.tell(p, corev1.EventTypeNormal, "TriggeredScaleUp", note)
		}
	}
	a.explain(classes, skipped, best, options)
	return true, nil
}

// makeOptions makes an option of each group for which some pods fit.
func (a *Autoscaler) makeOptions(ctx context.Context, now time.Time, classes []*class, nodes int, skipped map[string]string) []*option {
	var options []*option
	for _, s := range a.groups {
		if reason := a.unable(s, now); reason != "" {
			skipped[s.Name()] = reason
			continue
		}
		o := &option{group: s, node: a.nextNode(s.Group, "template-node-for-"+s.Name(), 0)}
		if reason := a.beyondLimits(o.node.Node()); reason != "" {
			skipped[s.Name()] = reason
			continue
		}
		a.fitter.fork()
		at := a.fitter.addNode(o.node)
		for _, c := range classes {
			q, reason := a.fitter.ask(ctx, c.first())
			if reason == "" {
				reason = a.fitter.fits(ctx, q, at)
			}
			if reason == "" {
				o.classes = append(o.classes, c)
			} else {
				c.refused[s.Name()] = reason
			}
		}
		a.fitter.revert()
		if len(o.classes) > 0 {
			options = append(options, o)
		}
	}
	if a.options.similar.balance {
		a.options.similar.find(options)
	}
	for _, o := range options {
		a.estimate(ctx, o, nodes)
	}
	return slices.DeleteFunc(options, func(o *option) bool { return o.count == 0 })
}

// unable is why a group cannot grow; empty if it can.
func (a *Autoscaler) unable(s *groupState, now time.Time) string {
	switch {
	case s.Size() >= s.Config().Max:
		return reasonMaxSize
	case s.backedOff(now):
		a.actsAt(s.backoff.until)
		return reasonBackoff
	case !a.healthy(s):
		return reasonUnhealthy
	}
	return ""
}

// countNodes counts the nodes, those that go until they have gone, and those that come.
func (a *Autoscaler) countNodes() int {
	n := len(a.cluster.nodes)
	for _, s := range a.groups {
		n += a.upcomingOf(s)
	}
	return n
}

// full says whether there may be no node more.
func (a *Autoscaler) full() bool {
	return a.options.maxNodesTotal > 0 && a.countNodes() >= a.options.maxNodesTotal
}

// growToMin asks for the machines that groups lack of their min, as
// enforce-node-group-min-size wants it.
func (a *Autoscaler) growToMin(now time.Time) bool {
	grown := false
	for _, s := range a.groups {
		lacking := s.Config().Min - s.Size()
		if lacking <= 0 || a.unable(s, now) != "" || a.beyondLimits(s.Template()) != "" {
			continue
		}
		lacking = min(lacking, a.room(s.Template()))
		if limit := a.options.maxNodesTotal; limit > 0 {
			lacking = min(lacking, limit-a.countNodes())
		}
		if lacking > 0 && a.grow(s, lacking, now) == nil {
			grown = true
			reason := fmt.Sprintf("enforce-node-group-min-size; size from %d to %d (min %d)", s.Size()-lacking, s.Size(), s.Config().Min)
			a.record(autoscale.Decision{Kind: autoscale.ScaleUp, Group: s.Name(), Delta: lacking, Reason: reason})
		}
	}
	return grown
}

// grow asks a group for machines.
func (a *Autoscaler) grow(s *groupState, delta int, now time.Time) error {
	from := s.Size()
	a.tellStatus(corev1.EventTypeNormal, "ScaledUpGroup", "Scale-up: setting group %s size to %d instead of %d (max: %d)",
		s.Name(), from+delta, from, s.Config().Max)
	if err := s.Increase(delta); err != nil {
		a.tellStatus(corev1.EventTypeWarning, "FailedToScaleUpGroup", "Scale-up failed for group %s: %v", s.Name(), err)
		a.backOff(s, now, "cloudProviderError", err.Error())
		return err
	}
	a.asked(s, delta, now)
	a.tellStatus(corev1.EventTypeNormal, "ScaledUpGroup", "Scale-up: group %s size set to %d instead of %d (max: %d)",
		s.Name(), from+delta, from, s.Config().Max)
	return nil
}

// explain records why pods go without a new node, group by group, and why groups
// that would have done were not chosen.
func (a *Autoscaler) explain(classes []*class, skipped map[string]string, best *option, options []*option) {
	helped := map[string]bool{}
	for _, o := range options {
		for _, p := range o.pods {
			helped[autoscale.PodKey(p)] = true
		}
	}
	said := map[string]bool{}
	for _, s := range a.groups {
		a.explainGroup(s, classes, skipped, helped, said)
	}
	for _, o := range options {
		if o != best && !slices.Contains(best.similar, o.group) {
			a.record(autoscale.Decision{
				Kind: autoscale.NoScaleUp, Group: o.group.Name(), Pods: named(o.pods), PodCount: len(o.pods),
				Reason: fmt.Sprintf("%d pods would fit %d nodes; expander chose %s: %s",
					len(o.pods), o.count, best.group.Name(), strings.Join(o.scores, "; ")),
			})
		}
	}
	for key := range a.recorded { // the order does not matter: only forgets
		if strings.HasPrefix(key, "up/") && !said[key] {
			delete(a.recorded, key)
		}
	}
	a.tellWaiting(classes, skipped, helped)
}

func (a *Autoscaler) explainGroup(s *groupState, classes []*class, skipped map[string]string, helped, said map[string]bool) {
	var reasons []string
	pods := map[string][]*corev1.Pod{}
	for _, c := range classes {
		reason := c.refused[s.Name()]
		if r := skipped[s.Name()]; r != "" {
			reason = r
		}
		if reason == "" || helped[autoscale.PodKey(c.first())] {
			continue
		}
		if pods[reason] == nil {
			reasons = append(reasons, reason)
		}
		pods[reason] = append(pods[reason], c.pods...)
	}
	for _, reason := range reasons {
		key := "up/" + s.Name() + "/" + reason
		said[key] = true
		a.once(key, autoscale.Decision{
			Kind: autoscale.NoScaleUp, Group: s.Name(), Pods: named(pods[reason]), PodCount: len(pods[reason]), Reason: reason,
		})
	}
}

// tellWaiting posts NotTriggerScaleUp for pods that no group would help, as often
// as its text changes.
func (a *Autoscaler) tellWaiting(classes []*class, skipped map[string]string, helped map[string]bool) {
	now := map[string]bool{}
	for _, c := range classes {
		note := "pod didn't trigger scale-up: " + a.tally(c, skipped)
		for _, p := range c.pods {
			key := "pod/" + autoscale.PodKey(p)
			if helped[autoscale.PodKey(p)] || a.cluster.waiting[autoscale.PodKey(p)] == nil {
				continue
			}
			now[key] = true
			if a.recorded[key] != note {
				a.recorded[key] = note
				a.tell(p, corev1.EventTypeNormal, "NotTriggerScaleUp", note)
			}
		}
	}
	for key := range a.recorded {
		if strings.HasPrefix(key, "pod/") && !now[key] {
			delete(a.recorded, key)
		}
	}
}

// tally counts the groups by the reason for which they do not help.
func (a *Autoscaler) tally(c *class, skipped map[string]string) string {
	counts := map[string]int{}
	var reasons []string
	for _, s := range a.groups {
		reason := skipped[s.Name()]
		if reason == "" {
			reason = c.refused[s.Name()]
		}
		if reason == "" {
			continue
		}
		if counts[reason]++; counts[reason] == 1 {
			reasons = append(reasons, reason)
		}
	}
	slices.Sort(reasons)
	for i, r := range reasons {
		reasons[i] = fmt.Sprintf("%d %s", counts[r], r)
	}
	return strings.Join(reasons, ", ")
}
