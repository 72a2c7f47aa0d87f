package clusterautoscaler

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// utilization is how much of a node its pods ask for: the larger share of
// processors and memory, or, on a node with GPUs, that of the GPUs. The threshold
// is the one that applies.
func (a *Autoscaler) utilization(n *framework.NodeInfo) (share, threshold float64) {
	requested, allocatable := n.Requested.Clone(), n.Allocatable.Clone()
	if a.options.down.ignoreDaemonSets {
		for _, p := range n.Pods {
			if owner := metav1.GetControllerOf(p.GetPod()); owner != nil && owner.Kind == "DaemonSet" {
				r := requestOf(p.GetPod())
				requested.MilliCPU -= r.MilliCPU
				requested.Memory -= r.Memory
				allocatable.MilliCPU -= r.MilliCPU
				allocatable.Memory -= r.Memory
			}
		}
	}
	for name, all := range n.Allocatable.ScalarResources {
		if isGPU(name) && all > 0 {
			return ratio(n.Requested.ScalarResources[name], all), a.options.down.gpuThreshold
		}
	}
	return max(ratio(requested.MilliCPU, allocatable.MilliCPU), ratio(requested.Memory, allocatable.Memory)), a.options.down.threshold
}

// ratio of nothing is 0.
func ratio(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
