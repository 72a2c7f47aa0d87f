package podspec

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/tracer"
)

// templatePaths say where a kind has its pod template; a Pod is one itself.
// Custom resources are looked at in the place that most of them use.
var templatePaths = map[string][]string{
	"Pod":         {},
	"CronJob":     {"spec", "jobTemplate", "spec", "template"},
	"PodTemplate": {"template"},
}

var usualTemplate = []string{"spec", "template"}

// Template returns an object's pod template, nil without one. A Pod is its own.
func Template(o tracer.Object) map[string]any {
	path, known := templatePaths[o.GetKind()]
	if !known {
		path = usualTemplate
	}
	at := o.Object
	for _, key := range path {
		next, ok := at[key].(map[string]any)
		if !ok {
			return nil
		}
		at = next
	}
	spec, _ := at["spec"].(map[string]any)
	if _, ok := spec["containers"]; !ok {
		return nil // of another kind of template
	}
	return at
}

// Of returns the spec in an object's pod template, nil without one.
func Of(o tracer.Object) map[string]any {
	spec, _ := Template(o)["spec"].(map[string]any)
	return spec
}

// WantsNodes tells whether an object will have pods of its own making that
// need to be placed: a DaemonSet may select no node, and a workload be at rest.
func WantsNodes(o tracer.Object) bool {
	switch o.GetKind() {
	case "DaemonSet", "PodTemplate":
		return false
	}
	for _, key := range []string{"replicas", "parallelism"} {
		if n, found, err := unstructured.NestedInt64(o.Object, "spec", key); err == nil && found && n == 0 {
			return false
		}
	}
	return true
}
