package kubedump

import (
	"strings"

	"simk.dev/simk/tracer/internal/kube"
)

type groupKind struct{ group, kind string }

func kindOf(d kube.Document) groupKind { return groupKind{d.Group(), d.Kind()} }

// relevant are the kinds of Kubernetes that bear on placing and running pods,
// and the version in which a replay takes them. Older versions of these kinds
// have the same fields.
var relevant = map[groupKind]string{
	{"", "Node"}: "v1", {"", "Namespace"}: "v1", {"", "Pod"}: "v1", {"", "ReplicationController"}: "v1",
	{"", "PersistentVolume"}: "v1", {"", "PersistentVolumeClaim"}: "v1", {"", "ResourceQuota"}: "v1", {"", "LimitRange"}: "v1",
	{"", "ServiceAccount"}: "v1", {"", "ConfigMap"}: "v1", {"", "Secret"}: "v1", {"", "Service"}: "v1",
	{"apps", "Deployment"}: "apps/v1", {"apps", "ReplicaSet"}: "apps/v1", {"apps", "StatefulSet"}: "apps/v1", {"apps", "DaemonSet"}: "apps/v1",
	{"batch", "Job"}: "batch/v1", {"batch", "CronJob"}: "batch/v1",
	{"policy", "PodDisruptionBudget"}:      "policy/v1",
	{"scheduling.k8s.io", "PriorityClass"}: "scheduling.k8s.io/v1",
	{"storage.k8s.io", "StorageClass"}:     "storage.k8s.io/v1",
	{"storage.k8s.io", "CSIDriver"}:        "storage.k8s.io/v1", {"storage.k8s.io", "CSINode"}: "storage.k8s.io/v1",
	{"storage.k8s.io", "CSIStorageCapacity"}: "storage.k8s.io/v1", {"storage.k8s.io", "VolumeAttributesClass"}: "storage.k8s.io/v1",
	{"node.k8s.io", "RuntimeClass"}:            "node.k8s.io/v1",
	{"autoscaling", "HorizontalPodAutoscaler"}: "",
	{"resource.k8s.io", "DeviceClass"}:         "", {"resource.k8s.io", "ResourceSlice"}: "",
	{"resource.k8s.io", "ResourceClaim"}: "", {"resource.k8s.io", "ResourceClaimTemplate"}: "",
	{"apiextensions.k8s.io", "CustomResourceDefinition"}: "",
}

// asIs are the versions of kinds whose fields differ between versions: others
// are left out. They stand in relevant without a version.
var asIs = map[string]bool{
	"autoscaling/v1": true, "autoscaling/v2": true, "resource.k8s.io/v1": true, "apiextensions.k8s.io/v1": true,
}

// arriving are the kinds from which pods come, and nodes: with --at creation
// they come when they were created.
func arriving(d kube.Document) bool {
	switch kindOf(d) {
	case groupKind{"", "Pod"}, groupKind{"", "Node"}:
		return true
	}
	return d.Identity().MakesPods()
}

// Reasons to leave an object out.
const (
	dropController = "are made again by their controllers"
	dropDeleted    = "were being deleted"
	dropFinished   = "had ended before the start (--at creation keeps them)"
	dropSettled    = "had ended though their workload goes on (evicted ones, say): others had taken their place"
	dropOwnData    = "belong to the cluster itself"
	dropKind       = "do not bear on placing and running pods"
	dropVersion    = "are of a version that is not served"
	dropCustom     = "are of custom kinds without a definition in the dump"
	dropTwice      = "are there more than once: the first was taken"
	dropAfter      = "came after the end that --duration sets"
)

// own tells what every cluster makes for itself.
func own(d kube.Document) bool {
	switch kindOf(d) {
	case groupKind{"", "Service"}:
		return d.Namespace() == "default" && d.Name() == "kubernetes"
	case groupKind{"", "ConfigMap"}:
		return d.Name() == "kube-root-ca.crt"
	case groupKind{"scheduling.k8s.io", "PriorityClass"}:
		return strings.HasPrefix(d.Name(), "system-")
	}
	return false
}

// builtIn tells groups of Kubernetes from those of custom resources. Some
// custom ones look built in; it only decides what a warning says.
func builtIn(group string) bool {
	return !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io")
}

// unwanted says why an object cannot be in the trace, "" if it can. Custom kinds
// are in defined. It sets the version in which the replay takes the object.
func unwanted(d kube.Document, defined map[groupKind]bool) string {
	version, found := relevant[kindOf(d)]
	switch {
	case own(d):
		return dropOwnData
	case found && version != "":
		d.Object["apiVersion"] = version
		return ""
	case found && asIs[kube.Str(d.Object, "apiVersion")]:
		return ""
	case found:
		return dropVersion
	case defined[kindOf(d)]:
		return ""
	case builtIn(d.Group()):
		return dropKind
	}
	return dropCustom
}
