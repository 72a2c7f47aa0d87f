package recorder

import (
	"maps"
	"math"
	"time"

	corev1 "k8s.io/api/core/v1"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	resourcehelper "k8s.io/component-helpers/resource"
	"k8s.io/kubernetes/pkg/features"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/sim/report"
	"simk.dev/simk/tracer"
)

// requestsOf is what a pod takes of its node at this moment, as the scheduler counts it: with the
// options of its PodInfo. While a resize waits that is the larger one of what the pod has and what
// it wants; one that is infeasible does not count.
func requestsOf(p *corev1.Pod) history.Resources {
	enabled := utilfeature.DefaultFeatureGate.Enabled
	return amounts(resourcehelper.PodRequests(p, resourcehelper.PodResourcesOptions{
		UseStatusResources: enabled(features.InPlacePodVerticalScaling),
		InPlacePodLevelResourcesVerticalScalingEnabled: enabled(features.InPlacePodLevelResourcesVerticalScaling),
		SkipPodLevelResources:                          !enabled(features.PodLevelResources),
		UseDRANodeAllocatableResourceClaimStatus:       enabled(features.DRANodeAllocatableResources),
	}), math.MaxInt64)
}

// mayDiffer spares adding up what nearly all pods request once more for each change of their
// status: it can differ only once their spec was changed.
func mayDiffer(p *corev1.Pod) bool {
	return p.Generation > 1 || len(p.Status.NodeAllocatableResourceClaimStatuses) > 0
}

// resizedPod notes what a pod requests now, if that changed. r.mu is held.
func (r *Recorder) resizedPod(h *history.Pod, p *corev1.Pod, now time.Duration) {
	if h.Finished != history.Never || !mayDiffer(p) {
		return
	}
	requests := withDevices(requestsOf(p), h.Requested())
	if !maps.Equal(requests, h.Requested()) {
		h.Request(now, r.share(requests))
	}
}

// resizedNode notes what a node offers now, if that changed. r.mu is held.
func (r *Recorder) resizedNode(h *history.Node, n *corev1.Node, now time.Duration) {
	offered := withDevices(amounts(n.Status.Allocatable, tracer.MostOfNode), h.Offered())
	if !maps.Equal(offered, h.Offered()) {
		h.Offer(now, offered)
	}
}

// withDevices adds to amounts of a pod's or node's own what was noted of devices, which are not in
// its spec or status.
func withDevices(own, noted history.Resources) history.Resources {
	for name, n := range noted {
		if _, ok := report.DeviceClass(name); ok {
			own[name] = n
		}
	}
	return own
}
