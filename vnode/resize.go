package vnode

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	resourcehelper "k8s.io/component-helpers/resource"
	corev1helpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/kubernetes/pkg/apis/core/v1/helper/qos"
)

// allocatedSpec is the pod's spec with the resources that the node has set aside.
func (p *pod) allocatedSpec() *corev1.PodSpec {
	if p.allocated != nil {
		return p.allocated
	}
	return &p.api.Spec
}

// ReportResources has the status of a pod tell what its containers have from now on:
// the API takes no resize of a pod whose kubelet does not say that.
func (p *Pool) ReportResources(namespace, name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.byKey[key(namespace, name)]
	if x == nil || x.allocated != nil || x.node.failed || x.stage == stageDone {
		return
	}
	x.allocated = &x.api.Spec
	if !p.config.Detailed {
		x.report(time.Now())
	}
}

// update takes over a changed spec of a pod.
func (p *pod) update(api *corev1.Pod, now time.Time) {
	old := p.api
	api.Status = old.Status
	p.api = api
	if p.node.failed || p.stage == stageDone {
		return
	}
	p.armDeadline()
	if p.stage == stageStopping {
		return
	}
	reported := p.api
	if resized(p.allocatedBefore(old), &api.Spec) || p.waitsForResize() {
		p.resize(now, p.allocatedBefore(old))
	} else if p.allocated != nil {
		p.allocated = &api.Spec
	}
	for i := range api.Spec.Containers {
		if i < len(old.Spec.Containers) && api.Spec.Containers[i].Image != old.Spec.Containers[i].Image {
			p.alone(i).restart(now)
		}
	}
	if p.api == reported && (api.Status.ObservedGeneration != api.Generation || len(api.Spec.EphemeralContainers) > 0) {
		p.report(now)
	}
}

func (p *pod) allocatedBefore(old *corev1.Pod) *corev1.PodSpec {
	if p.allocated != nil {
		return p.allocated
	}
	return &old.Spec
}

func (p *pod) waitsForResize() bool { return slices.Contains(p.node.deferred, p) }

func resized(a, b *corev1.PodSpec) bool {
	if len(a.Containers) != len(b.Containers) || len(a.InitContainers) != len(b.InitContainers) {
		return false
	}
	for i := range a.Containers {
		if !equality.Semantic.DeepEqual(a.Containers[i].Resources, b.Containers[i].Resources) {
			return true
		}
	}
	for i := range a.InitContainers {
		if !equality.Semantic.DeepEqual(a.InitContainers[i].Resources, b.InitContainers[i].Resources) {
			return true
		}
	}
	return !equality.Semantic.DeepEqual(a.Resources, b.Resources)
}

// resize gives the pod what its spec asks for, if the node has it; else the pod
// keeps what it has, and the resize waits for what others leave.
func (p *pod) resize(now time.Time, before *corev1.PodSpec) {
	p.allocated = before
	if !resized(before, &p.api.Spec) {
		p.allocated = &p.api.Spec
		p.settleResize(now)
		return
	}
	if _, message := p.unfit(p.api); message != "" {
		if !p.waitsForResize() {
			p.node.deferred = append(p.node.deferred, p)
		}
		p.renew()
		p.setCondition(corev1.PodResizePending, true, corev1.PodReasonDeferred, message, *timePointer(now))
		p.report(now)
		return
	}
	p.allocated = &p.api.Spec
	p.settleResize(now)
	for i := range p.api.Spec.Containers {
		if restartedByResize(&before.Containers[i], &p.api.Spec.Containers[i]) {
			p.alone(i).restart(now)
		}
	}
	p.node.freed(now)
}

// settleResize is the end of a resize that waited.
func (p *pod) settleResize(now time.Time) {
	p.node.deferred = slices.DeleteFunc(p.node.deferred, func(o *pod) bool { return o == p })
	p.renew()
	pending := func(c corev1.PodCondition) bool { return c.Type == corev1.PodResizePending }
	p.api.Status.Conditions = slices.DeleteFunc(p.api.Status.Conditions, pending)
	p.report(now)
}

// restartedByResize says whether a container wants to be restarted when that
// resource of it changes.
func restartedByResize(a, b *corev1.Container) bool {
	for _, policy := range b.ResizePolicy {
		name := policy.ResourceName
		if policy.RestartPolicy == corev1.RestartContainer &&
			(!a.Resources.Requests[name].Equal(b.Resources.Requests[name]) || !a.Resources.Limits[name].Equal(b.Resources.Limits[name])) {
			return true
		}
	}
	return false
}

// freed tries resizes again that wait, because a pod on the node took less or ended.
func (n *node) freed(now time.Time) {
	if len(n.deferred) == 0 || n.failed || n.retrying {
		return
	}
	n.retrying = true
	defer func() { n.retrying = false }()
	pods := slices.DeleteFunc(slices.Clone(n.deferred), func(p *pod) bool { _, there := n.pods[p]; return !there || p.stage == stageDone })
	n.deferred = pods
	slices.SortStableFunc(pods, func(a, b *pod) int { return resizeRank(b) - resizeRank(a) })
	for _, p := range slices.Clone(pods) {
		if p.stage != stageStopping {
			p.resize(now, p.allocated)
		}
	}
}

// resizeRank orders resizes that wait as a kubelet does: those that do not grow, by
// priority, guaranteed pods, who waits for longest.
func resizeRank(p *pod) int {
	const classes = 2
	rank := int(corev1helpers.PodPriority(p.api)) * classes
	if qos.GetPodQOS(p.api) == corev1.PodQOSGuaranteed {
		rank++
	}
	options := resourcehelper.PodResourcesOptions{}
	before := resourcehelper.PodRequests(&corev1.Pod{Spec: *p.allocatedSpec()}, options)
	after := resourcehelper.PodRequests(&corev1.Pod{Spec: p.api.Spec}, options)
	if after.Cpu().Cmp(*before.Cpu()) <= 0 && after.Memory().Cmp(*before.Memory()) <= 0 {
		rank = 1 << 40
	}
	return rank
}
