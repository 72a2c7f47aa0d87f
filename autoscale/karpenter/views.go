package karpenter

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/controllers/disruption"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	disruptionutils "sigs.k8s.io/karpenter/pkg/utils/disruption"
	"sigs.k8s.io/karpenter/pkg/utils/pdb"
	podutils "sigs.k8s.io/karpenter/pkg/utils/pod"
	"sigs.k8s.io/karpenter/pkg/utils/resources"
)

// view is what a prospect asks of a node, without what Karpenter only has in memory:
// marks and nominations.
type view struct {
	work        bool // drifted, or left behind by what was not carried out
	free        amounts
	disruptable bool // it and all of its pods
	empty       bool
	candidate   candidate
	// passing is a view that changes with time alone: a pod is about to end, or is protected
	// for a while.
	passing bool
}

// look fills in a view.
func (v *view) look(ctx context.Context, reader client.Client, n *state.StateNode, limits pdb.Limits,
	machines []*cloudprovider.InstanceType, x index) {
	now := clock.RealClock{}
	consolidatable := false
	if n.NodeClaim != nil {
		for _, c := range n.NodeClaim.Status.Conditions {
			switch c.Type {
			case karpv1.ConditionTypeDrifted, karpv1.ConditionTypeDisruptionReason:
				v.work = true
			case karpv1.ConditionTypeConsolidatable:
				consolidatable = c.Status == metav1.ConditionTrue
			}
		}
	}
	if n.Node == nil {
		return
	}
	if slices.ContainsFunc(n.Node.Spec.Taints, func(t corev1.Taint) bool { return t.MatchTaint(&karpv1.DisruptedNoScheduleTaint) }) {
		v.work = true
	}
	v.free = x.of(n.Available())
	for i := range v.free {
		v.free[i] = max(v.free[i], 0)
	}
	if !consolidatable || n.Annotations()[karpv1.DoNotDisruptAnnotationKey] == "true" {
		return
	}
	pods, err := n.ValidatePodsDisruptable(ctx, reader, limits, now, nil)
	v.passing = slices.ContainsFunc(pods, passing)
	if err != nil {
		v.work = state.IgnorePodBlockEvictionError(err) != nil
		return // a pod that must not be evicted: no candidate
	}
	v.disruptable = true
	c := candidate{kind: n.Labels()[corev1.LabelInstanceTypeStable]}
	cost := disruption.PerNodeBaseDisruptionCost
	for _, pod := range pods {
		if podutils.IsReschedulable(pod) {
			cost += max(0, disruptionutils.EvictionCost(ctx, pod))
		}
		// Karpenter leaves out pods whose volumes it does not find.
		if limits.IsCurrentlyReschedulable(pod, now, nil) && !hasClaims(pod) {
			request := x.of(resources.RequestsForPods(pod))
			c.load = c.load.plus(request)
			c.least = c.least.least(request)
		}
	}
	v.empty = cost <= disruption.PerNodeBaseDisruptionCost
	c.setPrice(machines, n.Labels()[corev1.LabelTopologyZone], n.Labels()[karpv1.CapacityTypeLabelKey])
	v.candidate = c
}

func (c *candidate) setPrice(machines []*cloudprovider.InstanceType, zone, capacityType string) {
	for _, t := range machines {
		if t.Name != c.kind {
			continue
		}
		c.price, _ = t.OfferingPrice(zone, capacityType) // as Karpenter does it
		for _, o := range t.Offerings {
			if o.Zone() == zone && o.CapacityType() == capacityType {
				c.dearest = max(c.dearest, o.Price)
			}
		}
	}
}

func hasClaims(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.PersistentVolumeClaim != nil || v.Ephemeral != nil })
}

// passing says whether a pod counts for something else after a time.
func passing(pod *corev1.Pod) bool { return pod.DeletionTimestamp != nil || clocked(pod) }

// views remember what nodes looked like: most of them are as they were in the round before.
type views struct {
	changes     *changes
	index       index
	offers      int
	before, now map[string]knownView // by provider ID
}

type knownView struct {
	view
	last change // of the node, when it was looked at
}

// next begins a round. Prices follow offers, of which the number of changes is given.
func (s *views) next(offers int) {
	s.before, s.now = s.now, map[string]knownView{}
	if offers != s.offers {
		s.before, s.offers = nil, offers
	}
}

// of returns the view of a node. look makes it, if it is not known from before.
func (s *views) of(n *state.StateNode, look func(*view)) *view {
	id, last := n.ProviderID(), s.changes.ofNode(n.Name())
	k, ok := s.before[id]
	if !ok || k.last != last {
		k = knownView{last: last}
		look(&k.view)
	}
	if !k.passing && time.Since(last.at) >= settledAfter {
		s.now[id] = k
	}
	return &k.view
}
