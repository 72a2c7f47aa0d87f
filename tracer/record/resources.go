package record

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/util/jsonpath"
)

// Resource is a kind of objects that is recorded.
type Resource struct {
	schema.GroupVersionResource
	// Kind is known for those of Defaults; of others the server is asked.
	Kind       string
	Namespaced bool
	// Shell: only metadata is asked for, and only name, namespace and labels are
	// kept.
	Shell bool
	// Workload: its objects own pods, which a controller makes again in a
	// replay.
	Workload bool
	// Templates are where the pod templates of a custom workload are.
	Templates []*jsonpath.JSONPath
	// Names limits a cluster-scoped resource to objects of these names.
	Names []string
	// custom resources were named by the user: that one is not served is an error.
	custom bool
}

// Defaults are the resources that are recorded unless something else is asked
// for, owners before what they own.
func Defaults() []Resource {
	var all []Resource
	add := func(group, version string, r Resource, resources ...string) {
		for i := 0; i < len(resources); i += 2 {
			r.GroupVersionResource = schema.GroupVersionResource{Group: group, Version: version, Resource: resources[i]}
			r.Kind = resources[i+1]
			all = append(all, r)
		}
	}
	cluster, namespaced := Resource{}, Resource{Namespaced: true}
	shell, workload := Resource{Namespaced: true, Shell: true}, Resource{Namespaced: true, Workload: true}
	add("", "v1", cluster, "namespaces", "Namespace", "nodes", "Node", "persistentvolumes", "PersistentVolume")
	add("scheduling.k8s.io", "v1", cluster, "priorityclasses", "PriorityClass")
	add("storage.k8s.io", "v1", cluster, "storageclasses", "StorageClass")
	add("node.k8s.io", "v1", cluster, "runtimeclasses", "RuntimeClass")
	add("", "v1", shell, "serviceaccounts", "ServiceAccount", "configmaps", "ConfigMap", "secrets", "Secret")
	add("", "v1", namespaced, "limitranges", "LimitRange", "resourcequotas", "ResourceQuota",
		"persistentvolumeclaims", "PersistentVolumeClaim", "services", "Service")
	add("policy", "v1", namespaced, "poddisruptionbudgets", "PodDisruptionBudget")
	add("apps", "v1", workload, "deployments", "Deployment", "statefulsets", "StatefulSet", "daemonsets", "DaemonSet")
	add("batch", "v1", workload, "cronjobs", "CronJob", "jobs", "Job")
	add("", "v1", workload, "replicationcontrollers", "ReplicationController")
	add("apps", "v1", workload, "replicasets", "ReplicaSet")
	add("", "v1", namespaced, "pods", "Pod")
	return all
}

// Select returns the resources to record: the defaults, or those of them that
// include names, without those that exclude names, and the custom ones. Names
// are as kubectl has them: "pods", "deployments.apps", "Job".
func Select(include, exclude, custom []string) ([]Resource, error) {
	all := Defaults()
	for _, list := range [][]string{include, exclude} {
		for _, name := range list {
			if !slices.ContainsFunc(all, func(r Resource) bool { return r.named(name) }) {
				return nil, fmt.Errorf("%q is none of the resources that are recorded by default (%s); "+
					"name others with --resource group/version/resource", name, strings.Join(names(all), ", "))
			}
		}
	}
	all = slices.DeleteFunc(all, func(r Resource) bool {
		return len(include) > 0 && !slices.ContainsFunc(include, r.named) || slices.ContainsFunc(exclude, r.named)
	})
	var more []Resource
	var definitions []string
	for _, text := range custom {
		r, err := ParseResource(text)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(slices.Concat(Defaults(), more), func(o Resource) bool { return o.GroupResource() == r.GroupResource() }) {
			return nil, fmt.Errorf("--resource %s: it is recorded already", text)
		}
		if !builtIn(r.Group) {
			definitions = append(definitions, r.GroupResource().String())
		}
		more = append(more, r)
	}
	if len(definitions) > 0 {
		crds := Resource{Kind: "CustomResourceDefinition", Names: definitions}
		crds.GroupVersionResource = schema.GroupVersionResource{
			Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions",
		}
		more = append([]Resource{crds}, more...)
	}
	// Owners come before what they own.
	all = append(more, all...)
	if len(all) == 0 {
		return nil, fmt.Errorf("nothing is left to record")
	}
	return all, nil
}

func builtIn(group string) bool {
	return !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io")
}

func names(all []Resource) []string {
	var list []string
	for _, r := range all {
		list = append(list, r.Resource)
	}
	return list
}

// named tells whether the user's name is that of the resource.
func (r Resource) named(name string) bool {
	if strings.EqualFold(name, r.Kind) || name == r.Resource || strings.EqualFold(name+"s", r.Resource) {
		return true
	}
	return r.Group != "" && name == r.GroupResource().String()
}

// ParseResource reads GROUP/VERSION/RESOURCE[=PATH,...]; the core group is left
// out. With paths of pod templates (JSONPath, as in kubectl: .spec.template,
// .spec.tasks[*].template) it is a workload.
func ParseResource(text string) (Resource, error) {
	r := Resource{custom: true}
	name, paths, workload := strings.Cut(text, "=")
	parts := strings.Split(name, "/")
	if len(parts) == 2 {
		parts = append([]string{""}, parts...)
	}
	if len(parts) != 3 || parts[1] == "" || parts[2] == "" || strings.ToLower(parts[2]) != parts[2] {
		return r, fmt.Errorf("resource %q: want group/version/resource, such as batch.volcano.sh/v1alpha1/jobs=.spec.tasks[*].template", text)
	}
	r.GroupVersionResource = schema.GroupVersionResource{Group: parts[0], Version: parts[1], Resource: parts[2]}
	r.Workload = workload
	if !workload {
		return r, nil
	}
	for _, path := range strings.Split(paths, ",") {
		p := jsonpath.New(text).AllowMissingKeys(true)
		if err := p.Parse("{" + strings.Trim(path, "{}") + "}"); err != nil || path == "" {
			return r, fmt.Errorf("resource %q: %q is not the JSONPath of a pod template, such as .spec.template", text, path)
		}
		r.Templates = append(r.Templates, p)
	}
	return r, nil
}

// templates are the pod templates of a custom workload, in place.
func (r Resource) templates(o map[string]any) []map[string]any {
	var all []map[string]any
	for _, path := range r.Templates {
		found, err := path.FindResults(o)
		if err != nil {
			continue // there is none in this object
		}
		for _, set := range found {
			for _, v := range set {
				if m, ok := v.Interface().(map[string]any); ok {
					all = append(all, m)
				}
			}
		}
	}
	return all
}

// String is the resource as messages have it: "deployments.apps".
func (r Resource) String() string { return r.GroupResource().String() }
