package clusterautoscaler

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/scheduler/framework"

	"simk.dev/simk/autoscale/groups"
)

// increase is by how much a group is to grow.
type increase struct {
	group *groupState
	delta int
}

// distribute caps the option's growth by the limits, and spreads it over similar
// groups so that their sizes become equal.
func (a *Autoscaler) distribute(o *option, now time.Time, nodes int) []increase {
	count := min(o.count, a.room(o.node.Node()))
	if n := a.options.maxNodesTotal; n > 0 {
		count = min(count, n-nodes)
	}
	if count <= 0 {
		return nil
	}
	share := []increase{{group: o.group}}
	for _, s := range o.similar {
		if a.unable(s, now) == "" {
			share = append(share, increase{group: s})
		}
	}
	for ; count > 0; count-- {
		smallest := -1
		for i, in := range share {
			size := in.group.Size() + in.delta
			if size < in.group.Config().Max && (smallest < 0 || size < share[smallest].group.Size()+share[smallest].delta) {
				smallest = i
			}
		}
		if smallest < 0 {
			break
		}
		share[smallest].delta++
	}
	return slices.DeleteFunc(share, func(in increase) bool { return in.delta == 0 })
}

// findSimilar fills in which options' groups can share growth: those that also
// help all of the option's pods.
func findSimilar(options []*option) {
	for _, o := range options {
		for _, other := range options {
			if o != other && similar(o.node, other.node) && containsAll(other.classes, o.classes) {
				o.similar = append(o.similar, other.group)
			}
		}
	}
}

func containsAll(all, some []*class) bool {
	for _, c := range some {
		if !slices.Contains(all, c) {
			return false
		}
	}
	return true
}

// Upstream's tolerances for nodes to be similar.
const (
	memoryTolerance = 0.015 // of capacity
	freeTolerance   = 0.05  // of allocatable and what is free of it
)

// ignoredLabels are those in which similar nodes may differ.
var ignoredLabels = map[string]bool{
	corev1.LabelHostname: true, corev1.LabelTopologyZone: true, corev1.LabelTopologyRegion: true,
	corev1.LabelFailureDomainBetaZone: true, corev1.LabelFailureDomainBetaRegion: true,
	"beta.kubernetes.io/fluentd-ds-ready": true, "kops.k8s.io/instancegroup": true,
	groups.GroupLabel: true,
}

// similar says whether two groups' nodes are alike enough to be balanced.
func similar(x, y *framework.NodeInfo) bool {
	a, b := x.Node(), y.Node()
	if !sameKeys(a.Status.Capacity, b.Status.Capacity) || !sameKeys(a.Status.Allocatable, b.Status.Allocatable) {
		return false
	}
	for name, q := range a.Status.Capacity {
		other := b.Status.Capacity[name]
		if name == corev1.ResourceMemory {
			if !near(q.Value(), other.Value(), memoryTolerance) {
				return false
			}
		} else if q.Cmp(other) != 0 {
			return false
		}
	}
	for name, q := range a.Status.Allocatable {
		other := b.Status.Allocatable[name]
		if !near(q.MilliValue(), other.MilliValue(), freeTolerance) {
			return false
		}
	}
	if !near(x.Allocatable.MilliCPU-x.Requested.MilliCPU, y.Allocatable.MilliCPU-y.Requested.MilliCPU, freeTolerance) ||
		!near(x.Allocatable.Memory-x.Requested.Memory, y.Allocatable.Memory-y.Requested.Memory, freeTolerance) {
		return false
	}
	return labelsWithin(a.Labels, b.Labels) && labelsWithin(b.Labels, a.Labels)
}

func sameKeys(a, b corev1.ResourceList) bool {
	for name := range a {
		if _, ok := b[name]; !ok {
			return false
		}
	}
	return len(a) == len(b)
}

func near(a, b int64, tolerance float64) bool {
	larger, smaller := float64(max(a, b)), float64(min(a, b))
	return larger-smaller <= larger*tolerance
}

func labelsWithin(some, all map[string]string) bool {
	for k, v := range some {
		if other, ok := all[k]; !ignoredLabels[k] && (!ok || other != v) {
			return false
		}
	}
	return true
}
