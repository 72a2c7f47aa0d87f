package sktrace

import (
	"slices"
	"strconv"
	"strings"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/kube"
)

// templatePaths are SimKube's own JSON pointers to the pod templates of the
// kinds it knows; it refuses any others for them. That of ReplicaSet is as it is there.
var templatePaths = map[string]string{
	"batch/v1.CronJob":    "/spec/jobTemplate/spec/template",
	"apps/v1.DaemonSet":   "/spec/template",
	"apps/v1.Deployment":  "/spec/template",
	"apps/v1.StatefulSet": "/spec/template",
	"batch/v1.Job":        "/spec/template",
	"apps/v1.ReplicaSet":  "/spec",
	"v1.Pod":              "",
}

// scope knows which kinds have namespaces: Kubernetes' own, and those that the
// trace defines.
type scope struct{ custom map[string]bool }

// learn notes the kind that a CustomResourceDefinition without namespaces defines.
func (s *scope) learn(o tracer.Object) {
	if o.GetKind() != "CustomResourceDefinition" {
		return
	}
	spec := kube.Map(o.Object, "spec")
	if spec["scope"] == "Cluster" {
		s.custom[kube.Str(spec, "group")+"/"+kube.Str(spec, "names", "kind")] = true
	}
}

// namespaced says whether objects of a kind have namespaces.
func (s *scope) namespaced(ref tracer.ObjectRef) bool {
	group := ref.Key().APIVersion
	return !kube.ClusterScoped(group, ref.Kind) && !s.custom[group+"/"+ref.Kind]
}

// gvkOf is how SimKube writes a kind: "apps/v1.Deployment", "v1.Pod".
func gvkOf(ref tracer.ObjectRef) string { return ref.APIVersion + "." + ref.Kind }

// nsName is how SimKube writes a name.
func nsName(ref tracer.ObjectRef) string { return ref.Namespace + "/" + ref.Name }

// template returns the pod template of an object: for a pod, the pod itself.
func template(o tracer.Object) map[string]any {
	gvk := gvkOf(o.Ref())
	path, known := templatePaths[gvk]
	if gvk == "apps/v1.ReplicaSet" {
		path = "/spec/template"
	}
	if known {
		return at(o.Object, path)
	}
	if found := findTemplates(o.Object); len(found) > 0 {
		return at(o.Object, strings.ReplaceAll(found[0], "*", "0"))
	}
	return nil
}

// at follows a JSON pointer to an object, or to nil. The pointers here escape nothing.
func at(v any, path string) map[string]any {
	for _, key := range strings.Split(path, "/")[1:] {
		switch parent := v.(type) {
		case map[string]any:
			v = parent[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(parent) {
				return nil
			}
			v = parent[i]
		default:
			return nil
		}
	}
	m, _ := v.(map[string]any)
	return m
}

// findTemplates returns pointers to what looks like a pod template in an object
// of a custom kind, with * for the elements of lists: a thing with a spec that has containers.
func findTemplates(object map[string]any) []string {
	var found []string
	var search func(path string, v any)
	search = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			spec, _ := v["spec"].(map[string]any)
			if containers, _ := spec["containers"].([]any); len(containers) > 0 && path != "" {
				found = append(found, path)
				return
			}
			for key, child := range v {
				if !strings.ContainsAny(key, "~/") { // a pod template's parents are fields
					search(path+"/"+key, child)
				}
			}
		case []any:
			for _, child := range v {
				search(path+"/*", child)
			}
		}
	}
	search("", object)
	slices.Sort(found)
	return slices.Compact(found)
}
