package validate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/kube"
	"simk.dev/simk/tracer/spelling"
)

// contents are the keys of the Secrets and ConfigMaps that exist, where the trace says what
// is in them. Recordings and dumps leave that out: nothing is known of an object without any key.
type contents struct {
	keys  tracer.Names[map[string]bool]
	known int // keys in all
}

// maxKeys bounds the keys that are remembered; nothing is known of objects beyond them.
const maxKeys = 1_000_000

// dataFields are where a kind has its keys.
var dataFields = map[string][]string{"Secret": {"data", "stringData"}, "ConfigMap": {"data", "binaryData"}}

// add notes what an object has in it.
func (c *contents) add(o tracer.Object) {
	fields := dataFields[o.GetKind()]
	if fields == nil || o.GetAPIVersion() != "v1" {
		return
	}
	c.remove(o.Ref())
	keys := map[string]bool{}
	for _, field := range fields {
		for key := range kube.Map(o.Object, field) {
			keys[key] = true
		}
	}
	if len(keys) > 0 && c.known+len(keys) <= maxKeys {
		c.known += len(keys)
		c.keys.Set(o.Ref(), keys)
	}
}

// remove notes that an object is gone.
func (c *contents) remove(ref tracer.ObjectRef) {
	if keys, found := c.keys.Get(ref); found {
		c.known -= len(keys)
		c.keys.Remove(ref)
	}
}

// lacks says what is missing where an object does not have a key, "" if it does or nothing
// is known of it.
func (c *contents) lacks(ref tracer.ObjectRef, key string) string {
	keys, known := c.keys.Get(ref)
	if !known || keys[key] {
		return ""
	}
	text := fmt.Sprintf("%s has no key %s", ref, key)
	names := slices.Sorted(maps.Keys(keys))
	if meant, ok := spelling.Nearest(key, names); ok {
		return text + "; do you mean " + meant + "?"
	}
	const most = 5
	if len(names) > most {
		names = append(names[:most], "...")
	}
	return text + "; it has " + strings.Join(names, ", ")
}

// keyReference is a key of a Secret or ConfigMap in the pod's namespace.
type keyReference struct{ kind, name, key string }

func (r keyReference) in(namespace string) tracer.ObjectRef {
	return tracer.ObjectRef{APIVersion: "v1", Kind: r.kind, Namespace: namespace, Name: r.name}
}

// keyReferences lists the keys that a pod cannot be without. What is optional has been taken out of it.
func keyReferences(spec *corev1.PodSpec) []keyReference {
	var all []keyReference
	add := func(kind, name, key string) {
		if r := (keyReference{kind, name, key}); name != "" && !alwaysThere[[2]string{kind, name}] && !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	items := func(kind, name string, items []corev1.KeyToPath) {
		for _, i := range items {
			add(kind, name, i.Key)
		}
	}
	for c := range podutil.ContainerIter(spec, podutil.AllContainers) {
		for _, e := range c.Env {
			if e.ValueFrom == nil {
				continue
			}
			if s := e.ValueFrom.SecretKeyRef; s != nil {
				add("Secret", s.Name, s.Key)
			}
			if m := e.ValueFrom.ConfigMapKeyRef; m != nil {
				add("ConfigMap", m.Name, m.Key)
			}
		}
	}
	for _, v := range spec.Volumes {
		if v.Secret != nil {
			items("Secret", v.Secret.SecretName, v.Secret.Items)
		}
		if v.ConfigMap != nil {
			items("ConfigMap", v.ConfigMap.Name, v.ConfigMap.Items)
		}
		if v.Projected == nil {
			continue
		}
		for _, source := range v.Projected.Sources {
			if source.Secret != nil {
				items("Secret", source.Secret.Name, source.Secret.Items)
			}
			if source.ConfigMap != nil {
				items("ConfigMap", source.ConfigMap.Name, source.ConfigMap.Items)
			}
		}
	}
	return all
}
