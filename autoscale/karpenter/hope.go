package karpenter

import (
	"context"
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/controllers/disruption"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	disruptionutils "sigs.k8s.io/karpenter/pkg/utils/disruption"
	"sigs.k8s.io/karpenter/pkg/utils/pdb"
	podutils "sigs.k8s.io/karpenter/pkg/utils/pod"
)

// prospect is what decides whether a round of Karpenter's could come to anything, by
// conditions that each of its decisions needs. It adds up what Karpenter fits one by one, so it hopes for too much, never
// for too little.
type prospect struct {
	index map[corev1.ResourceName]int
	pods  requests
	free  []amounts // of each node that pods can be moved to
	total amounts   // all of free
	// candidates are the nodes that Karpenter may find to be of no use.
	candidates []candidate
}

// amounts are of resources, by their number in prospect.index.
type amounts []float64

type candidate struct {
	node  int     // its number in prospect.free
	load  amounts // of the pods that must find a place if it goes
	least amounts // each pod asks for that much
	price float64
	kind  string // its instance type
	// dearest is the highest price of its kind in its zone and of its capacity type, which
	// is more if several groups have the same machine.
	dearest float64
}

// hopeless says that a round now would decide nothing, for sure.
func (r *rounds) hopeless(ctx context.Context) bool {
	limits, err := pdb.NewLimits(ctx, r.reader)
	machines, errTypes := r.cloud.GetInstanceTypes(ctx, nil)
	if err != nil || errTypes != nil || !r.cluster.Synced(ctx) {
		return false
	}
	p := &prospect{index: map[corev1.ResourceName]int{}, pods: requests{before: r.requests, now: map[types.UID]podRequest{}}}
	defer func() { r.requests = p.pods.now }()
	for n := range r.cluster.Nodes() {
		if !p.add(ctx, r.reader, n, limits, machines) {
			return false
		}
	}
	return !p.deletes(machines) && !p.replaces(machines)
}

// add takes in a node. It is false if the node alone is work for a round: drifted, empty, or
// left behind by what was not carried out.
func (p *prospect) add(ctx context.Context, reader client.Client, n *state.StateNode, limits pdb.Limits, machines []*cloudprovider.InstanceType) bool {
	now := clock.RealClock{}
	if n.MarkedForDeletion() {
		return true
	}
	consolidatable := false
	if n.NodeClaim != nil {
		for _, c := range n.NodeClaim.Status.Conditions {
			switch c.Type {
			case karpv1.ConditionTypeDrifted, karpv1.ConditionTypeDisruptionReason:
				return false
			case karpv1.ConditionTypeConsolidatable:
				consolidatable = c.Status == metav1.ConditionTrue
			}
		}
	}
	if n.Node != nil && slices.ContainsFunc(n.Node.Spec.Taints, func(t corev1.Taint) bool { return t.MatchTaint(&karpv1.DisruptedNoScheduleTaint) }) {
		return false
	}
	if n.Node == nil || !n.Initialized() {
		return true // a decision that needs such a node is not taken
	}
	free := p.of(n.Available())
	for i := range free {
		free[i] = max(free[i], 0)
	}
	p.free = append(p.free, free)
	p.total = p.total.plus(free)
	if n.NodeClaim == nil || !consolidatable || n.Nominated(now) {
		return true
	}
	pods, err := n.Pods(ctx, reader)
	if err != nil {
		return false
	}
	c := candidate{node: len(p.free) - 1, kind: n.Labels()[corev1.LabelInstanceTypeStable]}
	cost := disruption.PerNodeBaseDisruptionCost
	for _, pod := range pods {
		if podutils.IsReschedulable(pod) {
			cost += max(0, disruptionutils.EvictionCost(ctx, pod))
		}
		// Karpenter leaves out pods whose volumes it does not find.
		if limits.IsCurrentlyReschedulable(pod, now, nil) && !hasClaims(pod) {
			request := p.of(p.pods.of(pod))
			c.load = c.load.plus(request)
			c.least = c.least.least(request)
		}
	}
	if cost <= disruption.PerNodeBaseDisruptionCost {
		return false // empty
	}
	c.setPrice(machines, n.Labels()[corev1.LabelTopologyZone], n.Labels()[karpv1.CapacityTypeLabelKey])
	p.candidates = append(p.candidates, c)
	return true
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

// deletes says whether one candidate's pods may find a place on the other nodes, or
// on those and a new one that costs less. More than one candidate need more room and have less.
func (p *prospect) deletes(machines []*cloudprovider.InstanceType) bool {
	var known []amounts // least requests, and below the room of nodes that have that much
	var rooms []amounts
	for i := range p.candidates {
		c := &p.candidates[i]
		at := slices.IndexFunc(known, func(a amounts) bool { return slices.Equal(a, c.least) })
		if at < 0 {
			at = len(known)
			known, rooms = append(known, c.least), append(rooms, nil)
			for _, free := range p.free {
				if c.least.within(free) {
					rooms[at] = rooms[at].plus(free)
				}
			}
		}
		room := rooms[at]
		if own := p.free[c.node]; c.least.within(own) {
			room = room.minus(own)
		}
		if c.load.within(room) {
			return true
		}
		for _, t := range machines {
			if price, ok := cheapest(t); ok && price < c.price && c.load.within(room.plus(p.of(t.Capacity))) {
				return true
			}
		}
	}
	return false
}

// replaces says whether several candidates may go for one new machine. It must cost
// less than they, and if it is of the type of one of them, less than that one.
func (p *prospect) replaces(machines []*cloudprovider.InstanceType) bool {
	if len(p.candidates) < 2 {
		return false
	}
	most, dearest, uniform := 0.0, 0.0, true
	for _, c := range p.candidates {
		most, dearest = max(most, c.price), max(dearest, c.dearest)
		uniform = uniform && c.kind == p.candidates[0].kind
	}
	for _, t := range machines {
		price, ok := cheapest(t)
		if !ok || most == 0 || uniform && t.Name == p.candidates[0].kind && price >= dearest {
			continue
		}
		n := max(2, int(math.Floor(price/most-tolerance))+1) // fewer cost no more than it
		if n <= len(p.candidates) && p.smallest(n).within(p.total.plus(p.of(t.Capacity))) {
			return true
		}
	}
	return false
}

// smallest is what n candidates ask for at least.
func (p *prospect) smallest(n int) amounts {
	sum := make(amounts, len(p.index))
	for i := range sum {
		var all []float64
		for _, c := range p.candidates {
			all = append(all, c.load.at(i))
		}
		slices.Sort(all)
		for _, v := range all[:n] {
			sum[i] += v
		}
	}
	return sum
}

// cheapest is the lowest price at which a type can be had now.
func cheapest(t *cloudprovider.InstanceType) (price float64, ok bool) {
	for _, o := range t.Offerings {
		if o.Available && (!ok || o.Price < price) {
			price, ok = o.Price, true
		}
	}
	return price, ok
}
