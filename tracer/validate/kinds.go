package validate

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/kube"
	"simk.dev/simk/tracer/internal/podspec"
)

// kinds knows which kinds the apiserver serves.
type kinds struct {
	// builtIn and defined are kinds of Kubernetes and of the trace, as far as
	// they were asked for.
	builtIn map[schema.GroupVersionKind]bool
	defined map[schema.GroupKind]bool
}

func newKinds() *kinds {
	return &kinds{builtIn: map[schema.GroupVersionKind]bool{}, defined: map[schema.GroupKind]bool{}}
}

// define notes the kind of a custom resource definition.
func (k *kinds) define(o tracer.Object) {
	group, kind := kube.Str(o.Object, "spec", "group"), kube.Str(o.Object, "spec", "names", "kind")
	k.defined[schema.GroupKind{Group: group, Kind: kind}] = true
}

// served tells whether a kind is served, and whether it is Kubernetes' own.
func (k *kinds) served(apiVersion, kind string) (served, own bool) {
	gvk := schema.FromAPIVersionAndKind(apiVersion, kind)
	if k.defined[gvk.GroupKind()] {
		return true, false
	}
	own, known := k.builtIn[gvk]
	if !known {
		own = kube.Served(gvk)
		if len(k.builtIn) < podspec.MaxShapes {
			k.builtIn[gvk] = own
		}
	}
	return own, own
}
