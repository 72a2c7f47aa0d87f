package recorder

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/tracer"
)

func (r *Recorder) node(n *corev1.Node) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.Now()
	h := r.nodes[n.UID]
	if h == nil {
		h = &history.Node{Name: n.Name, Allocatable: amounts(n.Status.Allocatable, tracer.MostOfNode), Added: now, Removed: history.Never}
		r.nodes[n.UID] = h
		r.history.Nodes = append(r.history.Nodes, h)
		r.devices.offer(h)
	} else {
		r.resizedNode(h, n, now)
	}
	ready := false
	for _, c := range n.Status.Conditions {
		ready = ready || (c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue)
	}
	open := len(h.NotReady) > 0 && h.NotReady[len(h.NotReady)-1].To == history.Never
	switch {
	case ready && open:
		h.NotReady[len(h.NotReady)-1].To = now
	case !ready && !open:
		h.NotReady = append(h.NotReady, history.Span{From: now, To: history.Never})
	}
}

func (r *Recorder) nodeGone(n *corev1.Node) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h := r.nodes[n.UID]; h != nil {
		h.Removed = r.Now()
		delete(r.nodes, n.UID)
	}
}

// amounts turns quantities into the history's integers: millicores for cpu,
// units for the rest; no more than most of each.
func amounts(list corev1.ResourceList, most int64) history.Resources {
	out := history.Resources{}
	for name, q := range list {
		if name == corev1.ResourceCPU {
			out[string(name)] = atMost(q, most/1000).MilliValue()
		} else {
			out[string(name)] = atMost(q, most).Value()
		}
	}
	return out
}

// atMost is a quantity, or the most if that is less: a client of a live cluster may ask for more,
// and its node offer more, than 64 bits hold or add up to. A trace with such is refused.
func atMost(q resource.Quantity, most int64) *resource.Quantity {
	if q.CmpInt64(most) > 0 {
		return resource.NewQuantity(most, resource.DecimalSI)
	}
	return &q
}
