package clusterautoscaler

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// utilization is how much of a node its pods ask for: the larger share of
// processors and memory, or, on a node with GPUs, that of the GPUs, or, where drivers
// publish devices, that of the fullest of their pools. The threshold
// is the one that applies. Pods that should have ended long ago do not count.
func (a *Autoscaler) utilization(s *groupState, n *framework.NodeInfo, now time.Time) (share, threshold float64) {
	requested, allocatable := n.Requested.Clone(), n.Allocatable.Clone()
	for _, info := range n.Pods {
		p := info.GetPod()
		apart := s.options.ignoreDaemonSets && ofDaemonSet(p) || a.options.down.ignoreMirrorPods && isMirror(p)
		if !apart && !isLongTerminating(p, now) {
			continue
		}
		r := requestOf(p)
		requested.MilliCPU -= r.MilliCPU
		requested.Memory -= r.Memory
		for name, q := range r.ScalarResources {
			requested.ScalarResources[name] -= q
		}
		if apart {
			allocatable.MilliCPU -= r.MilliCPU
			allocatable.Memory -= r.Memory
		}
	}
	for name, all := range n.Allocatable.ScalarResources {
		if isGPU(name) && all > 0 {
			return ratio(requested.ScalarResources[name], all), s.options.gpuThreshold
		}
	}
	if share, ok := a.fitter.devices.share(n.Node().Name); ok {
		return share, s.options.threshold
	}
	return max(ratio(requested.MilliCPU, allocatable.MilliCPU), ratio(requested.Memory, allocatable.Memory)), s.options.threshold
}

// requestOf is what the scheduler counts for a pod.
func requestOf(p *corev1.Pod) *framework.Resource {
	n := framework.NewNodeInfo(p)
	return n.Requested
}

// ratio of nothing is 0.
func ratio(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
