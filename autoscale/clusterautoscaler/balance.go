package clusterautoscaler

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/utils/ptr"

	"simk.dev/simk/autoscale/config"
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

// similarOptions say which groups are alike enough to share growth.
type similarOptions struct {
	balance bool
	// ignored are labels in which they may differ; only: if any are given, nothing else
	// than these counts.
	ignored, only             []string
	memory, free, allocatable float64 // shares by which they may differ
}

func resolveSimilar(c *config.ClusterAutoscaler) similarOptions {
	return similarOptions{
		balance: c.BalanceSimilarNodeGroups, ignored: c.BalancingIgnoreLabel, only: c.BalancingLabel,
		memory: ptr.Deref(c.MemoryDifferenceRatio, 0.015), free: ptr.Deref(c.MaxFreeDifferenceRatio, 0.05),
		allocatable: ptr.Deref(c.MaxAllocatableDifferenceRatio, 0.05),
	}
}

// find fills in which options' groups can share growth: those that also help all of the
// option's pods.
func (s *similarOptions) find(options []*option) {
	for _, o := range options {
		for _, other := range options {
			if o != other && s.similar(o.node, other.node) && containsAll(other.classes, o.classes) {
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

// ignoredLabels are those in which similar nodes may always differ.
var ignoredLabels = map[string]bool{
	corev1.LabelHostname: true, corev1.LabelTopologyZone: true, corev1.LabelTopologyRegion: true,
	corev1.LabelFailureDomainBetaZone: true, corev1.LabelFailureDomainBetaRegion: true,
	"beta.kubernetes.io/fluentd-ds-ready": true, "kops.k8s.io/instancegroup": true,
	groups.GroupLabel: true,
}

// similar says whether two groups' nodes are alike enough to be balanced.
func (s *similarOptions) similar(x, y *framework.NodeInfo) bool {
	a, b := x.Node(), y.Node()
	if len(s.only) > 0 {
		return !slices.ContainsFunc(s.only, func(l string) bool { return a.Labels[l] != b.Labels[l] })
	}
	if !sameKeys(a.Status.Capacity, b.Status.Capacity) || !sameKeys(a.Status.Allocatable, b.Status.Allocatable) {
		return false
	}
	for name, q := range a.Status.Capacity {
		other := b.Status.Capacity[name]
		if name == corev1.ResourceMemory {
			if !near(q.Value(), other.Value(), s.memory) {
				return false
			}
		} else if q.Cmp(other) != 0 {
			return false
		}
	}
	for name, q := range a.Status.Allocatable {
		other := b.Status.Allocatable[name]
		if !near(q.MilliValue(), other.MilliValue(), s.allocatable) {
			return false
		}
	}
	if !near(x.Allocatable.MilliCPU-x.Requested.MilliCPU, y.Allocatable.MilliCPU-y.Requested.MilliCPU, s.free) ||
		!near(x.Allocatable.Memory-x.Requested.Memory, y.Allocatable.Memory-y.Requested.Memory, s.free) {
		return false
	}
	return s.labelsWithin(a.Labels, b.Labels) && s.labelsWithin(b.Labels, a.Labels)
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

func (s *similarOptions) labelsWithin(some, all map[string]string) bool {
	for k, v := range some {
		if other, ok := all[k]; !ignoredLabels[k] && !slices.Contains(s.ignored, k) && (!ok || other != v) {
			return false
		}
	}
	return true
}
