package kube

import (
	"slices"
	"strings"
)

// clusterKinds are Kubernetes' kinds without namespaces, by group.
var clusterKinds = map[string]string{
	"": "Namespace Node PersistentVolume ComponentStatus",
	"admissionregistration.k8s.io": "ValidatingWebhookConfiguration MutatingWebhookConfiguration " +
		"ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding MutatingAdmissionPolicy MutatingAdmissionPolicyBinding",
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

// ClusterScoped tells Kubernetes' own kinds that have no namespaces.
func ClusterScoped(group, kind string) bool {
	return slices.Contains(strings.Fields(clusterKinds[group]), kind)
}

// Builtin tells Kubernetes' own groups: those without a domain, and those in
// k8s.io that have kinds above or, below, in namespaces.
func Builtin(group string) bool {
	switch group {
	case "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io":
		return true
	}
	_, found := clusterKinds[group]
	return found || !strings.Contains(group, ".")
}
