package vnode

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	v1helper "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/apis/core/v1/helper"
	kubescheduler "k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/tainttoleration"
)

// admit is a kubelet's look at a pod that it gets: whether the node has what it
// asks for. A pod that is not taken on ends as Failed. What the scheduler bound has
// passed the same checks, so a replay makes them only for pods whose author named
// the node. Pods are not ended to make room for critical ones.
func (p *pod) admit(now time.Time) bool {
	if scheduled(p.api) && !p.pool.config.Detailed {
		return true
	}
	reason, message := p.unfit(p.api)
	if reason == "" {
		return true
	}
	p.ending = ending{reason: reason, message: "Pod was rejected: " + message, rejected: true}
	p.pool.tell(p, corev1.EventTypeWarning, reason, message)
	p.finish(now, 0)
	return false
}

// unfit says why the pod, so specified, does not fit onto its node beside those
// that are there, with the first of a kubelet's reasons. Empty: it fits.
func (p *pod) unfit(as *corev1.Pod) (reason, message string) {
	object, err := p.pool.config.Informers.Core().V1().Nodes().Lister().Get(p.node.name)
	if err != nil {
		return "", "" // the node is going, and its pods with it
	}
	var others []*corev1.Pod
	for _, other := range p.node.ordered() {
		if other != p && other.stage != stageDone {
			others = append(others, &corev1.Pod{ObjectMeta: other.api.ObjectMeta, Spec: *other.allocatedSpec()})
		}
	}
	info := framework.NewNodeInfo()
	for _, other := range others {
		info.AddPod(other)
	}
	info.SetNode(object)
	if reasons := kubescheduler.AdmissionCheck(withoutForeignResources(as, info), info, true); len(reasons) > 0 {
		r := &reasons[0]
		if r.InsufficientResource == nil {
			return r.Name, fmt.Sprintf("Predicate %s failed: %s", r.Name, r.Reason)
		}
		i := r.InsufficientResource
		return "OutOf" + string(i.ResourceName), fmt.Sprintf("Node didn't have enough resource: %s, requested: %d, used: %d, capacity: %d",
			i.ResourceName, i.Requested, i.Used, i.Capacity)
	}
	evicts := func(t *corev1.Taint) bool { return t.Effect == corev1.TaintEffectNoExecute }
	if _, found := v1helper.FindMatchingUntoleratedTaint(klog.Background(), object.Spec.Taints, as.Spec.Tolerations, evicts, true); found {
		return tainttoleration.Name, fmt.Sprintf("Predicate %s failed: %s", tainttoleration.Name, tainttoleration.ErrReasonNotMatch)
	}
	return "", ""
}

// withoutForeignResources leaves out requests of extended resources that the node
// does not know: they are the cluster's, or those of a dynamic driver.
func withoutForeignResources(in *corev1.Pod, info *framework.NodeInfo) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: in.ObjectMeta, Spec: *in.Spec.DeepCopy()}
	for _, containers := range [][]corev1.Container{p.Spec.Containers, p.Spec.InitContainers} {
		for i := range containers {
			for name := range containers[i].Resources.Requests {
				_, known := info.Allocatable.GetScalarResources()[name]
				if !known && strings.Contains(string(name), "/") && helper.IsExtendedResourceName(name) {
					delete(containers[i].Resources.Requests, name)
				}
			}
		}
	}
	return p
}
