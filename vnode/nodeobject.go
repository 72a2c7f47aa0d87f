package vnode

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/version"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/component-base/featuregate"
	"k8s.io/component-helpers/nodedeclaredfeatures"
	"k8s.io/kubernetes/pkg/features"
)

// KubeletVersion is what the nodes say they run.
const KubeletVersion = "v1.37.2"

// conditionTaints are the keys of the taints that the node lifecycle controller, and
// for pressure a kubelet, derives from a node's conditions: they are theirs to set.
// All others, such as out-of-service, are somebody's word about the node.
var conditionTaints = map[string]bool{
	corev1.TaintNodeNotReady:           true,
	corev1.TaintNodeUnreachable:        true,
	corev1.TaintNodeUnschedulable:      true, // follows spec.unschedulable
	corev1.TaintNodeMemoryPressure:     true,
	corev1.TaintNodeDiskPressure:       true,
	corev1.TaintNodePIDPressure:        true,
	corev1.TaintNodeNetworkUnavailable: true,
}

func isConditionTaint(t *corev1.Taint) bool { return conditionTaints[t.Key] }

// isAutoscalersTaint says whether an autoscaler put the taint on a node that it is
// about to take away, or Karpenter on one that it has not seen yet. Theirs are no
// part of what a Node is applied with.
func isAutoscalersTaint(t *corev1.Taint) bool {
	return strings.HasPrefix(t.Key, "karpenter.sh/") ||
		t.Key == "ToBeDeletedByClusterAutoscaler" || t.Key == "DeletionCandidateOfClusterAutoscaler"
}

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
	n.Spec.Taints = slices.DeleteFunc(n.Spec.Taints, func(t corev1.Taint) bool { return isConditionTaint(&t) })
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
		DeclaredFeatures: declaredFeatures(),
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

// declaredFeatures are what a kubelet of that version, with these feature gates,
// declares that it can do. What containers and mounts would need of the runtime is
// all there, since none is real.
func declaredFeatures() []string {
	if !utilfeature.DefaultFeatureGate.Enabled(features.NodeDeclaredFeatures) {
		return nil
	}
	return nodedeclaredfeatures.DefaultFramework.DiscoverNodeFeatures(&nodedeclaredfeatures.NodeConfiguration{
		FeatureGates: gates{}, Version: version.MustParseSemantic(KubeletVersion),
		RuntimeFeatures: nodedeclaredfeatures.RuntimeFeatures{UserNamespacesHostNetwork: true, MountOptions: true},
	})
}

// gates are Kubernetes' feature gates by the names in which features ask for them.
type gates struct{}

func (gates) Enabled(key string) bool {
	return utilfeature.DefaultFeatureGate.Enabled(featuregate.Feature(key))
}
