// Package build makes the objects and event streams of imported traces.
package build

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/annotation"
)

// Pod describes a bare pod with one container.
type Pod struct {
	Namespace, Name     string
	Labels, Annotations map[string]string
	// Requests are quantities by resource name, such as "cpu": "500m". Extended
	// resources, which Kubernetes wants limited too, become limits as well.
	Requests map[string]string
	// NodeSelector and PriorityClass are left out when empty.
	NodeSelector  map[string]string
	PriorityClass string
	// NodeLabels are values that nodes must have by key, one of each: required
	// node affinity.
	NodeLabels map[string][]string
	// RunFor is how long it runs; without it (HasRunFor false) until it is deleted.
	RunFor    time.Duration
	HasRunFor bool
	ExitCode  int32
	// RestartPolicy is Never when empty.
	RestartPolicy string
}

// Object returns the pod as an object of a trace.
func (p Pod) Object() tracer.Object {
	metadata := map[string]any{"namespace": p.Namespace, "name": p.Name}
	if len(p.Labels) > 0 {
		metadata["labels"] = anyMap(p.Labels)
	}
	annotations := anyMap(p.Annotations)
	if p.HasRunFor {
		annotations[annotation.RunFor] = tracer.FormatDuration(p.RunFor)
	}
	if p.ExitCode != 0 {
		annotations[annotation.ExitCode] = strconv.Itoa(int(p.ExitCode))
	}
	if len(annotations) > 0 {
		metadata["annotations"] = annotations
	}
	resources := map[string]any{"requests": anyMap(p.Requests)}
	limits := map[string]any{}
	for name, quantity := range p.Requests {
		if extended(name) {
			limits[name] = quantity
		}
	}
	if len(limits) > 0 {
		resources["limits"] = limits
	}
	restart := p.RestartPolicy
	if restart == "" {
		restart = "Never"
	}
	spec := map[string]any{
		"restartPolicy": restart,
		"containers":    []any{map[string]any{"name": "main", "image": "workload", "resources": resources}},
	}
	if len(p.NodeSelector) > 0 {
		spec["nodeSelector"] = anyMap(p.NodeSelector)
	}
	if len(p.NodeLabels) > 0 {
		spec["affinity"] = affinity(p.NodeLabels)
	}
	if p.PriorityClass != "" {
		spec["priorityClassName"] = p.PriorityClass
	}
	return object("v1", "Pod", metadata, spec, nil)
}

func affinity(labels map[string][]string) map[string]any {
	var expressions []any
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		var values []any
		for _, v := range labels[key] {
			values = append(values, v)
		}
		expressions = append(expressions, map[string]any{"key": key, "operator": "In", "values": values})
	}
	return map[string]any{"nodeAffinity": map[string]any{"requiredDuringSchedulingIgnoredDuringExecution": map[string]any{
		"nodeSelectorTerms": []any{map[string]any{"matchExpressions": expressions}},
	}}}
}

// Node returns a node of that capacity, all of it allocatable.
func Node(name string, labels, capacity map[string]string) tracer.Object {
	metadata := map[string]any{"name": name}
	all := anyMap(labels)
	all["kubernetes.io/hostname"] = name
	metadata["labels"] = all
	return object("v1", "Node", metadata, nil, map[string]any{"capacity": anyMap(capacity), "allocatable": anyMap(capacity)})
}

// PriorityClass returns a priority class of that value.
func PriorityClass(name string, value int32) tracer.Object {
	o := object("scheduling.k8s.io/v1", "PriorityClass", map[string]any{"name": name}, nil, nil)
	o.Object["value"] = int64(value)
	return o
}

func object(version, kind string, metadata, spec, status map[string]any) tracer.Object {
	o := map[string]any{"apiVersion": version, "kind": kind, "metadata": metadata}
	if spec != nil {
		o["spec"] = spec
	}
	if status != nil {
		o["status"] = status
	}
	return tracer.Object{Unstructured: &unstructured.Unstructured{Object: o}}
}

// extended says whether a resource is one that must not be overcommitted.
func extended(name string) bool {
	switch name {
	case "cpu", "memory", "ephemeral-storage", "pods":
		return false
	}
	return true
}

func anyMap(m map[string]string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}
