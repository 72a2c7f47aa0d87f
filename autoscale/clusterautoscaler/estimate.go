package clusterautoscaler

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// estimate packs an option's pods into new nodes of its group, the largest pods
// first, and fills in how many nodes and for which pods. A pod is tried on the
// nodes that the estimate has added, then on the newest, then on one more.
func (a *Autoscaler) estimate(ctx context.Context, o *option, nodes int) {
	limit := a.estimateLimit(o, nodes)
	sizes := make(map[*class]float64, len(o.classes))
	for _, c := range o.classes {
		sizes[c] = sizeOn(c.first(), o.node)
	}
	bySize := slices.Clone(o.classes)
	slices.SortStableFunc(bySize, func(x, y *class) int {
		switch {
		case sizes[x] > sizes[y]:
			return -1
		case sizes[x] < sizes[y]:
			return 1
		}
		return 0
	})
	f := a.fitter
	f.fork()
	defer f.revert()
	from, added := len(f.list), 0
	used := map[int]bool{}
	for _, c := range bySize {
		rest := c.pods
		for len(rest) > 0 && added > 0 {
			at, ok := f.place(ctx, rest[0], from, from+added, nil)
			if !ok {
				break
			}
			used[at] = true
			o.pods, rest = append(o.pods, rest[0]), rest[1:]
		}
		for _, p := range rest {
			at := from + added - 1
			if added == 0 || f.placeOn(ctx, p, at) != "" {
				if added > 0 && !used[at] || added == limit {
					break // it does not fit an empty node either, or there may be no more
				}
				f.addNode(a.nextNode(o.group.Group, fmt.Sprintf("template-node-for-%s-%d", o.group.Name(), added), added))
				added++
				at = from + added - 1
				if f.placeOn(ctx, p, at) != "" {
					break
				}
			}
			used[at] = true
			o.pods = append(o.pods, p)
		}
	}
	o.count = len(used)
}

// estimateLimit is how many nodes an estimate may add.
func (a *Autoscaler) estimateLimit(o *option, nodes int) int {
	limit := o.group.Config().Max - o.group.Size()
	for _, s := range o.similar {
		limit += max(s.Config().Max-s.Size(), 0)
	}
	if n := a.options.maxNodesPerScaleUp; n > 0 {
		limit = min(limit, n)
	}
	if n := a.options.maxNodesTotal; n > 0 {
		limit = min(limit, n-nodes)
	}
	return limit
}

// sizeOn is what a pod takes of a node's processors and memory, added up.
func sizeOn(p *corev1.Pod, n *framework.NodeInfo) float64 {
	r := requestOf(p)
	return ratio(r.MilliCPU, n.Allocatable.MilliCPU) + ratio(r.Memory, n.Allocatable.Memory)
}

// requestOf is what the scheduler counts for a pod.
func requestOf(p *corev1.Pod) *framework.Resource {
	n := framework.NewNodeInfo(p)
	return n.Requested
}

// beyondLimits is why even one more node is too much for the cluster.
func (a *Autoscaler) beyondLimits(n *corev1.Node) string {
	cores, memory := a.totals()
	var over []string
	if a.options.cores.max > 0 && cores+coresOf(n) > a.options.cores.max {
		over = append(over, "cpu")
	}
	if a.options.memory.max > 0 && memory+memoryOf(n) > a.options.memory.max*gib {
		over = append(over, "memory")
	}
	if len(over) == 0 {
		return ""
	}
	return fmt.Sprintf("max cluster %s limit reached", strings.Join(over, ", "))
}

// room is how many more such nodes the limits of the cluster allow.
func (a *Autoscaler) room(n *corev1.Node) int {
	cores, memory := a.totals()
	room := math.MaxInt32
	if c := coresOf(n); a.options.cores.max > 0 && c > 0 {
		room = min(room, int(max(a.options.cores.max-cores, 0)/c))
	}
	if m := memoryOf(n); a.options.memory.max > 0 && m > 0 {
		room = min(room, int(max(a.options.memory.max*gib-memory, 0)/m))
	}
	return room
}

const gib = 1 << 30

// totals are the whole cluster's cores and bytes of memory, with what comes and
// without what goes.
func (a *Autoscaler) totals() (cores, memory int64) {
	for _, n := range a.cluster.nodes {
		if !beingDeleted(n.Node) {
			cores, memory = cores+coresOf(n.Node), memory+memoryOf(n.Node)
		}
	}
	for _, s := range a.groups {
		if s.unregistered > 0 {
			t := s.Template()
			cores, memory = cores+int64(s.unregistered)*coresOf(t), memory+int64(s.unregistered)*memoryOf(t)
		}
	}
	return cores, memory
}

func coresOf(n *corev1.Node) int64  { return n.Status.Capacity.Cpu().Value() }
func memoryOf(n *corev1.Node) int64 { return n.Status.Capacity.Memory().Value() }
