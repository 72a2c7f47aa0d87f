package clusterautoscaler

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/podtopologyspread"
)

// estimate packs an option's pods into new nodes of its group, the largest pods
// first, and fills in how many nodes and for which pods.
func (a *Autoscaler) estimate(ctx context.Context, o *option, nodes int) {
	sizes := make(map[*class]float64, len(o.classes))
	for _, c := range o.classes {
		sizes[c] = sizeOn(c.first(), o.node)
	}
	bySize := slices.Clone(o.classes)
	slices.SortStableFunc(bySize, func(x, y *class) int { return cmp.Compare(sizes[y], sizes[x]) })
	a.fitter.fork()
	defer a.fitter.revert()
	e := &estimation{a: a, option: o, limit: a.estimateLimit(o, nodes), from: len(a.fitter.list), used: map[int]bool{}}
	more := true
	for _, c := range bySize {
		rest := e.onAdded(ctx, c.pods)
		more = more && e.onNew(ctx, rest)
	}
	o.count = len(e.used)
}

// estimation is an estimate that is being made: the nodes that it has added are those of
// the snapshot from a place on.
type estimation struct {
	a           *Autoscaler
	option      *option
	limit       int
	from, added int
	used        map[int]bool // nodes with pods of the option
}

// onAdded puts pods on nodes that were added, and returns those from the first on that fits
// none of them.
func (e *estimation) onAdded(ctx context.Context, pods []*corev1.Pod) []*corev1.Pod {
	for e.added > 0 && len(pods) > 0 {
		at, ok := e.a.fitter.placeAt(ctx, pods[0], func(at int) bool { return at >= e.from })
		if !ok {
			break
		}
		e.put(pods[0], at)
		pods = pods[1:]
	}
	return pods
}

// onNew puts pods on the newest node, or on one more, until one does not fit. It says
// whether there may be more nodes.
func (e *estimation) onNew(ctx context.Context, pods []*corev1.Pod) bool {
	for _, p := range pods {
		last := e.from + e.added - 1
		if e.added > 0 {
			reason := e.a.fitter.placeOn(ctx, p, last)
			if reason == "" {
				e.put(p, last)
				continue
			}
			// Its spread over nodes may want it anywhere but on the newest.
			if spreadsOverNodes(p) && strings.Contains(reason, podtopologyspread.ErrReasonConstraintsNotMatch) {
				if at, ok := e.a.fitter.placeAt(ctx, p, func(at int) bool { return at != last }); ok {
					e.put(p, at)
					continue
				}
			}
			if !e.used[last] {
				return true // it does not fit an empty node either
			}
		}
		if e.added >= e.limit {
			return false
		}
		g := e.option.group
		e.a.fitter.addNode(e.a.nextNode(g.Group, fmt.Sprintf("template-node-for-%s-%d", g.Name(), e.added), e.added))
		e.added++
		if last++; e.a.fitter.placeOn(ctx, p, last) != "" {
			return true
		}
		e.put(p, last)
	}
	return true
}

func (e *estimation) put(p *corev1.Pod, at int) {
	e.used[at] = true
	e.option.pods = append(e.option.pods, p)
}

func spreadsOverNodes(p *corev1.Pod) bool {
	return slices.ContainsFunc(p.Spec.TopologySpreadConstraints, func(c corev1.TopologySpreadConstraint) bool {
		return c.TopologyKey == corev1.LabelHostname
	})
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
		if n := int64(a.upcomingOf(s)); n > 0 {
			t := s.Template()
			cores, memory = cores+n*coresOf(t), memory+n*memoryOf(t)
		}
	}
	return cores, memory
}

func coresOf(n *corev1.Node) int64  { return n.Status.Capacity.Cpu().Value() }
func memoryOf(n *corev1.Node) int64 { return n.Status.Capacity.Memory().Value() }

// upcomingOf is how many machines without a node count as a group's.
func (a *Autoscaler) upcomingOf(s *groupState) int {
	n := 0
	for _, name := range s.unregistered {
		if a.upcoming[name] {
			n++
		}
	}
	return n
}
