package groups

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// defaultPods is how many pods a kubelet takes when it is not told.
const defaultPods = "110"

// Complete makes a template what a kubelet would register, Ready.
func Complete(n *corev1.Node) {
	if n.Status.Capacity == nil {
		n.Status.Capacity = corev1.ResourceList{}
	}
	if n.Status.Allocatable == nil {
		n.Status.Allocatable = corev1.ResourceList{}
	}
	for name, q := range n.Status.Capacity {
		if _, ok := n.Status.Allocatable[name]; !ok {
			n.Status.Allocatable[name] = q
		}
	}
	for name, q := range n.Status.Allocatable {
		if _, ok := n.Status.Capacity[name]; !ok {
			n.Status.Capacity[name] = q
		}
	}
	if _, ok := n.Status.Allocatable[corev1.ResourcePods]; !ok {
		n.Status.Allocatable[corev1.ResourcePods] = resource.MustParse(defaultPods)
		n.Status.Capacity[corev1.ResourcePods] = resource.MustParse(defaultPods)
	}
	n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
}
