package edit

import (
	"strings"

	"simk.dev/simk/tracer"
)

// arriving are the kinds of workload that arrive at a cluster. A DaemonSet is
// none: its pods come with the nodes.
var arriving = map[string]string{
	"Deployment": "apps", "ReplicaSet": "apps", "StatefulSet": "apps",
	"Job": "batch", "CronJob": "batch", "ReplicationController": "", "Pod": "",
}

// arrives tells the workloads: those of Kubernetes, and whatever else is known to
// have run pods.
func arrives(o object) bool {
	ref := o.Ref().Key()
	group, found := arriving[ref.Kind]
	return found && group == ref.APIVersion || len(o.lives) > 0 && !is(o.Ref(), "apps", "DaemonSet")
}

// workload tells what a clash of names must not merge.
func workload(o object) bool { return arrives(o) || is(o.Ref(), "apps", "DaemonSet") }

func is(r tracer.ObjectRef, group, kind string) bool {
	return r.Kind == kind && r.Key().APIVersion == group
}

func isNode(o object) bool { return is(o.Ref(), "", "Node") }

// clusterKinds are Kubernetes' kinds without namespaces, by group.
var clusterKinds = map[string]string{
	"":                             "Namespace Node PersistentVolume",
	"admissionregistration.k8s.io": "ValidatingWebhookConfiguration MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding MutatingAdmissionPolicy MutatingAdmissionPolicyBinding",
	"apiextensions.k8s.io":         "CustomResourceDefinition",
	"apiregistration.k8s.io":       "APIService",
	"certificates.k8s.io":          "CertificateSigningRequest ClusterTrustBundle",
	"flowcontrol.apiserver.k8s.io": "FlowSchema PriorityLevelConfiguration",
	"networking.k8s.io":            "IngressClass IPAddress ServiceCIDR",
	"node.k8s.io":                  "RuntimeClass",
	"rbac.authorization.k8s.io":    "ClusterRole ClusterRoleBinding",
	"resource.k8s.io":              "DeviceClass ResourceSlice DeviceTaintRule",
	"scheduling.k8s.io":            "PriorityClass",
	"storage.k8s.io":               "StorageClass CSIDriver CSINode VolumeAttachment VolumeAttributesClass",
}

// namespaced tells whether an object is in a namespace. Of a kind that is not
// Kubernetes' own that is only known when the object names one.
func namespaced(r tracer.ObjectRef) bool {
	group := r.Key().APIVersion
	for _, kind := range strings.Fields(clusterKinds[group]) {
		if kind == r.Kind {
			return false
		}
	}
	return r.Namespace != "" || builtin(group)
}

// builtin tells Kubernetes' own groups: those without a domain, and those in
// k8s.io that have kinds above or, below, in namespaces.
func builtin(group string) bool {
	switch group {
	case "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io":
		return true
	}
	_, found := clusterKinds[group]
	return found || !strings.Contains(group, ".")
}
