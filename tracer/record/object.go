package record

import (
	"maps"
	"slices"
	"strings"

	"simk.dev/simk/tracer/internal/kube"
)

// momentTaints are set by the control plane as long as a node is in some state,
// which nodes.fail, nodes.recover and the cordon say.
var momentTaints = []string{
	"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable", "node.kubernetes.io/unschedulable",
	"node.kubernetes.io/memory-pressure", "node.kubernetes.io/disk-pressure", "node.kubernetes.io/pid-pressure",
	"node.kubernetes.io/network-unavailable",
}

// noise are annotations that change every few seconds and mean nothing to a replay.
var noise = []string{
	"control-plane.alpha.kubernetes.io/leader",
	"volumes.kubernetes.io/controller-managed-attach-detach", "node.alpha.kubernetes.io/ttl", "csi.volume.kubernetes.io/nodeid",
}

// own tells what every cluster makes for itself.
func own(d kube.Document) bool {
	switch {
	case d.Is("", "Service"):
		return d.Namespace() == "default" && d.Name() == "kubernetes"
	case d.Is("", "ConfigMap"):
		return d.Name() == "kube-root-ca.crt"
	case d.Is("", "ServiceAccount"):
		return d.Name() == "default"
	case d.Is("scheduling.k8s.io", "PriorityClass"):
		return strings.HasPrefix(d.Name(), "system-")
	}
	return false
}

// shell leaves nothing but what names an object, and its labels. It is the first
// thing that happens to a Secret: kubectl apply writes a copy of all its data
// into an annotation, and annotations are metadata.
func shell(d kube.Document) {
	metadata := map[string]any{}
	for _, key := range []string{"name", "namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp",
		"deletionGracePeriodSeconds", "labels", "ownerReferences"} {
		if v := kube.Field(d.Object, "metadata", key); v != nil {
			metadata[key] = v
		}
	}
	var changes []any // without the names of fields
	for _, f := range kube.List(d.Object, "metadata", "managedFields") {
		changes = append(changes, map[string]any{"time": kube.Field(f, "time"), "subresource": kube.Field(f, "subresource")})
	}
	metadata["managedFields"] = changes
	maps.DeleteFunc(d.Object, func(key string, _ any) bool { return key != "apiVersion" && key != "kind" })
	d.Object["metadata"] = metadata
}

// clean makes an object fit for a trace, in place. keepVolume says that a claim
// named its volume when it was first seen.
func (r Resource) clean(d kube.Document, keepVolume bool) {
	node := kube.Str(d.Object, "spec", "nodeName")
	static := d.Is("", "Pod") && d.Static()
	kube.Clean(d, func(string) bool { return keepVolume })
	metadata := kube.Map(d.Object, "metadata")
	delete(metadata, "deletionTimestamp")
	annotations := kube.Map(metadata, "annotations")
	for _, key := range noise {
		delete(annotations, key)
	}
	if annotations != nil && len(annotations) == 0 {
		delete(metadata, "annotations")
	}
	switch {
	case d.Is("", "Node"):
		cleanNode(d)
	case static:
		kube.Pin(d.Object, node)
	case d.Is("apiextensions.k8s.io", "CustomResourceDefinition"):
		delete(kube.Map(d.Object, "spec"), "conversion") // a webhook that is not there
	}
	for _, template := range r.templates(d.Object) {
		delete(kube.Map(template, "metadata"), "creationTimestamp")
		delete(kube.Map(template, "spec"), "nodeName")
	}
}

func cleanNode(d kube.Document) {
	delete(kube.Map(d.Object, "status"), "conditions") // with the times of heartbeats
	spec := kube.Map(d.Object, "spec")
	taints := slices.DeleteFunc(slices.Clone(kube.List(spec, "taints")), func(t any) bool {
		return slices.Contains(momentTaints, kube.Str(t, "key"))
	})
	kept := map[string]any{}
	if len(taints) > 0 {
		for _, t := range taints {
			delete(kube.Map(t), "timeAdded")
		}
		kept["taints"] = taints
	}
	if spec["unschedulable"] == true {
		kept["unschedulable"] = true
	}
	delete(d.Object, "spec")
	if len(kept) > 0 {
		d.Object["spec"] = kept
	}
}
