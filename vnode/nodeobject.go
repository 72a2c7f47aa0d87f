package vnode

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// KubeletVersion is what the nodes say they run.
const KubeletVersion = "v1.37.2"

// conditionTaints start the keys of the taints that the node lifecycle
// controller derives from a node's conditions; they are its to set.
const conditionTaints = "node.kubernetes.io/"

// Complete returns the node as a kubelet on it would register and report it:
// Ready, with addresses and versions. Labels, other taints, capacity and
// allocatable are kept; what is missing is filled in, pods with 110. index
// numbers the node within the cluster and gives it its addresses.
func Complete(in *corev1.Node, index int) *corev1.Node {
	n := in.DeepCopy()
	n.ObjectMeta = metav1.ObjectMeta{Name: in.Name, Labels: maps.Clone(in.Labels), Annotations: maps.Clone(in.Annotations)}
	if n.Labels == nil {
		n.Labels = map[string]string{}
	}
	for key, value := range map[string]string{
		corev1.LabelHostname: n.Name, corev1.LabelOSStable: "linux", corev1.LabelArchStable: "amd64",
	} {
		if _, ok := n.Labels[key]; !ok {
			n.Labels[key] = value
		}
	}
	n.Spec.Taints = slices.DeleteFunc(n.Spec.Taints, func(t corev1.Taint) bool {
		return strings.HasPrefix(t.Key, conditionTaints)
	})
	if n.Spec.ProviderID == "" {
		n.Spec.ProviderID = "simk://" + n.Name
	}
	n.Status = corev1.NodeStatus{
		Capacity:    n.Status.Capacity,
		Allocatable: n.Status.Allocatable,
		Conditions:  conditions(true, metav1.Now()),
		Addresses: []corev1.NodeAddress{
			{Type: corev1.NodeInternalIP, Address: nodeIP(index)},
			{Type: corev1.NodeHostName, Address: n.Name},
		},
		NodeInfo: corev1.NodeSystemInfo{
			KubeletVersion: KubeletVersion, OperatingSystem: "linux", Architecture: n.Labels[corev1.LabelArchStable],
			ContainerRuntimeVersion: "simk://1", OSImage: "simk", KernelVersion: "simk",
		},
	}
	fillResources(&n.Status)
	return n
}

// fillResources makes capacity and allocatable complete each other.
func fillResources(s *corev1.NodeStatus) {
	if s.Capacity == nil {
		s.Capacity = corev1.ResourceList{}
	}
	if s.Allocatable == nil {
		s.Allocatable = corev1.ResourceList{}
	}
	if _, ok := s.Allocatable[corev1.ResourcePods]; !ok {
		if _, ok := s.Capacity[corev1.ResourcePods]; !ok {
			s.Capacity[corev1.ResourcePods] = resource.MustParse("110")
		}
	}
	for name, q := range s.Capacity {
		if _, ok := s.Allocatable[name]; !ok {
			s.Allocatable[name] = q.DeepCopy()
		}
	}
	for name, q := range s.Allocatable {
		if _, ok := s.Capacity[name]; !ok {
			s.Capacity[name] = q.DeepCopy()
		}
	}
}

// conditions are a kubelet's node conditions, ready or not.
func conditions(ready bool, now metav1.Time) []corev1.NodeCondition {
	status, reason, message := corev1.ConditionTrue, "KubeletReady", "kubelet is posting ready status"
	if !ready {
		status, reason, message = corev1.ConditionFalse, "KubeletNotReady", "node is starting"
	}
	c := func(t corev1.NodeConditionType, s corev1.ConditionStatus, reason, message string) corev1.NodeCondition {
		return corev1.NodeCondition{Type: t, Status: s, Reason: reason, Message: message, LastHeartbeatTime: now, LastTransitionTime: now}
	}
	return []corev1.NodeCondition{
		c(corev1.NodeMemoryPressure, corev1.ConditionFalse, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
		c(corev1.NodeDiskPressure, corev1.ConditionFalse, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
		c(corev1.NodePIDPressure, corev1.ConditionFalse, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
		c(corev1.NodeReady, status, reason, message),
	}
}

// nodeIP gives each node an address of its own in 10.128.0.0/9.
func nodeIP(index int) string {
	return fmt.Sprintf("10.%d.%d.%d", 128+index>>16&127, index>>8&255, index&255)
}

// podIP gives the nth pod started on the pool an address in 10.0.0.0/10; after
// four million pods they repeat. Services have addresses of another range.
func podIP(n uint64) string {
	return fmt.Sprintf("10.%d.%d.%d", n>>16&63, n>>8&255, n&255)
}
