package kube

import (
	"slices"
	"strings"
)

// serverMetadata are the fields of metadata that a server sets, or that mean
// something only together with such fields. Finalizers are among them: their
// controllers would never come to remove them, and the cluster adds its own.
var serverMetadata = []string{
	"uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink",
	"deletionGracePeriodSeconds", "ownerReferences", "finalizers",
}

// serverAnnotations are the annotations that kubectl and controllers set.
var serverAnnotations = []string{
	"kubectl.kubernetes.io/last-applied-configuration",
	"deployment.kubernetes.io/revision",
	"deprecated.daemonset.template.generation",
	"pv.kubernetes.io/bind-completed",
	"pv.kubernetes.io/bound-by-controller",
	"volume.kubernetes.io/selected-node",
}

// nodeStatus is what a node's status says about the node, and not about a
// moment.
var nodeStatus = []string{"capacity", "allocatable", "conditions"}

// Clean removes what a server set, in place. hasVolume tells whether a
// PersistentVolume of that name is among the inputs.
func Clean(d Document, hasVolume func(name string) bool) {
	metadata := Map(d.Object, "metadata")
	deleteKeys(metadata, serverMetadata...)
	if ClusterScoped(d.Group(), d.Kind()) {
		delete(metadata, "namespace") // as an apiserver does
	}
	if d.Name() != "" {
		delete(metadata, "generateName")
	}
	if annotations := Map(metadata, "annotations"); annotations != nil {
		deleteKeys(annotations, serverAnnotations...)
		if len(annotations) == 0 {
			delete(metadata, "annotations")
		}
	}
	cleanStatus(d)
	dropNullTimes(d.Object)
	switch spec := Map(d.Object, "spec"); {
	case d.Is("", "Namespace"):
		delete(d.Object, "spec") // the finalizer of the namespace controller
	case d.Is("", "Pod"):
		cleanPod(spec)
	case d.Is("batch", "Job"):
		cleanJob(d, spec)
	case d.Is("", "Service"):
		cleanService(spec)
	case d.Is("", "PersistentVolume"):
		deleteKeys(Map(spec, "claimRef"), "uid", "resourceVersion")
	case d.Is("", "PersistentVolumeClaim"):
		// A claim on a volume that is not there would wait for ever.
		if !hasVolume(Str(spec, "volumeName")) {
			delete(spec, "volumeName")
		}
	}
}

func cleanStatus(d Document) {
	status := Map(d.Object, "status")
	delete(d.Object, "status")
	if !d.Is("", "Node") {
		return
	}
	kept := map[string]any{}
	for _, key := range nodeStatus {
		if v := status[key]; v != nil {
			kept[key] = v
		}
	}
	if len(kept) > 0 {
		d.Object["status"] = kept
	}
}

// dropNullTimes removes "creationTimestamp: null", which Go programs write into
// the metadata of templates.
func dropNullTimes(v any) {
	switch v := v.(type) {
	case map[string]any:
		if metadata := Map(v, "metadata"); metadata != nil && metadata["creationTimestamp"] == nil {
			delete(metadata, "creationTimestamp")
		}
		for _, child := range v {
			dropNullTimes(child)
		}
	case []any:
		for _, child := range v {
			dropNullTimes(child)
		}
	}
}

// cleanPod makes a pod free for scheduling and takes back what admission filled
// in: the apiserver refuses a priority that is not the one it finds itself.
func cleanPod(spec map[string]any) {
	deleteKeys(spec, "nodeName", "priority", "preemptionPolicy", "ephemeralContainers")
	const token = "kube-api-access-" // volumes of service account tokens
	dropNamed(spec, "volumes", token)
	for _, containers := range []string{"containers", "initContainers"} {
		for _, c := range List(spec, containers) {
			dropNamed(Map(c), "volumeMounts", token)
		}
	}
}

// dropNamed removes those elements of a list whose name begins with prefix, and
// the list when it is empty then.
func dropNamed(parent map[string]any, key, prefix string) {
	old := List(parent, key)
	if old == nil {
		return
	}
	rest := slices.DeleteFunc(old, func(v any) bool { return strings.HasPrefix(Str(v, "name"), prefix) })
	if len(rest) == 0 {
		delete(parent, key)
		return
	}
	parent[key] = rest
}

// cleanJob removes the selector that the apiserver makes for a Job: it contains
// the UID of the Job that was.
func cleanJob(d Document, spec map[string]any) {
	if Field(spec, "manualSelector") == true {
		return
	}
	delete(spec, "selector")
	for _, labels := range []map[string]any{Map(d.Object, "metadata", "labels"), Map(spec, "template", "metadata", "labels")} {
		deleteKeys(labels, "controller-uid", "batch.kubernetes.io/controller-uid", "job-name", "batch.kubernetes.io/job-name")
	}
}

// cleanService removes addresses that the cluster gave out of its own range.
func cleanService(spec map[string]any) {
	if Str(spec, "clusterIP") != "None" {
		deleteKeys(spec, "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")
	}
	delete(spec, "healthCheckNodePort")
}

func deleteKeys(m map[string]any, keys ...string) {
	for _, k := range keys {
		delete(m, k)
	}
}
