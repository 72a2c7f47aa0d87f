package karpenter

import (
	"context"
	"math"
	"slices"

	"k8s.io/utils/clock"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/utils/pdb"
)

// prospect is what decides whether a round of Karpenter's could come to anything, by
// conditions that each of its decisions needs. It adds up what Karpenter fits one by one, so it hopes for too much, never
// for too little.
type prospect struct {
	index index
	free  []amounts // of each node that pods can be moved to
	total amounts   // all of free
	// candidates are the nodes that Karpenter may find to be of no use.
	candidates []candidate
}

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
	p := &prospect{index: r.views.index}
	r.views.next(r.cloud.offersChanged())
	for n := range r.cluster.Nodes() {
		v := r.views.of(n, func(v *view) { v.look(ctx, r.reader, n, limits, machines, p.index) })
		if !p.add(n, v) {
			return false
		}
	}
	return !p.deletes(machines) && !p.replaces(machines)
}

// add takes in a node. It is false if the node alone is work for a round: drifted, empty, or
// left behind by what was not carried out.
func (p *prospect) add(n *state.StateNode, v *view) bool {
	if n.MarkedForDeletion() {
		return true
	}
	if v.work {
		return false
	}
	if n.Node == nil || !n.Initialized() {
		return true // a decision that needs such a node is not taken
	}
	p.free = append(p.free, v.free)
	p.total = p.total.plus(v.free)
	switch {
	case !v.disruptable || n.Nominated(clock.RealClock{}):
		return true
	case v.empty:
		return false
	}
	c := v.candidate
	c.node = len(p.free) - 1
	p.candidates = append(p.candidates, c)
	return true
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
			if price, ok := cheapest(t); ok && price < c.price && c.load.within(room.plus(p.index.of(t.Capacity))) {
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
		if n <= len(p.candidates) && p.smallest(n).within(p.total.plus(p.index.of(t.Capacity))) {
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
