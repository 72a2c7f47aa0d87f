package manifests

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

// clean removes what a server set, in place.
func (s *selection) clean(d document) {
	metadata := object(d.object, "metadata")
	deleteKeys(metadata, serverMetadata...)
	if d.name() != "" {
		delete(metadata, "generateName")
	}
	if annotations := object(metadata, "annotations"); annotations != nil {
		deleteKeys(annotations, serverAnnotations...)
		if len(annotations) == 0 {
			delete(metadata, "annotations")
		}
	}
	cleanStatus(d)
	dropNullTimes(d.object)
	switch spec := object(d.object, "spec"); {
	case d.is("", "Pod"):
		cleanPod(spec)
	case d.is("batch", "Job"):
		cleanJob(d, spec)
	case d.is("", "Service"):
		cleanService(spec)
	case d.is("", "PersistentVolume"):
		deleteKeys(object(spec, "claimRef"), "uid", "resourceVersion")
	case d.is("", "PersistentVolumeClaim"):
		// A claim on a volume that is not there would wait for ever.
		if !s.input[identity{"", "PersistentVolume", "", str(spec, "volumeName")}] {
			delete(spec, "volumeName")
		}
	}
}

func cleanStatus(d document) {
	status := object(d.object, "status")
	delete(d.object, "status")
	if !d.is("", "Node") {
		return
	}
	kept := map[string]any{}
	for _, key := range nodeStatus {
		if v := status[key]; v != nil {
			kept[key] = v
		}
	}
	if len(kept) > 0 {
		d.object["status"] = kept
	}
}

// dropNullTimes removes "creationTimestamp: null", which Go programs write into
// the metadata of templates.
func dropNullTimes(v any) {
	switch v := v.(type) {
	case map[string]any:
		if metadata := object(v, "metadata"); metadata != nil && metadata["creationTimestamp"] == nil {
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
		for _, c := range list(spec, containers) {
			dropNamed(object(c), "volumeMounts", token)
		}
	}
}

// dropNamed removes those elements of a list whose name begins with prefix, and
// the list when it is empty then.
func dropNamed(parent map[string]any, key, prefix string) {
	old := list(parent, key)
	if old == nil {
		return
	}
	rest := slices.DeleteFunc(old, func(v any) bool { return strings.HasPrefix(str(v, "name"), prefix) })
	if len(rest) == 0 {
		delete(parent, key)
		return
	}
	parent[key] = rest
}

// cleanJob removes the selector that the apiserver makes for a Job: it contains
// the UID of the Job that was.
func cleanJob(d document, spec map[string]any) {
	if field(spec, "manualSelector") == true {
		return
	}
	delete(spec, "selector")
	for _, labels := range []map[string]any{object(d.object, "metadata", "labels"), object(spec, "template", "metadata", "labels")} {
		deleteKeys(labels, "controller-uid", "batch.kubernetes.io/controller-uid", "job-name", "batch.kubernetes.io/job-name")
	}
}

// cleanService removes addresses that the cluster gave out of its own range.
func cleanService(spec map[string]any) {
	if str(spec, "clusterIP") != "None" {
		deleteKeys(spec, "clusterIP", "clusterIPs")
	}
	delete(spec, "healthCheckNodePort")
}

func deleteKeys(m map[string]any, keys ...string) {
	for _, k := range keys {
		delete(m, k)
	}
}
