package validate

import (
	"strconv"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/component-base/version"

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
		own = isBuiltIn(gvk)
		if len(k.builtIn) < podspec.MaxShapes {
			k.builtIn[gvk] = own
		}
	}
	return own, own
}

// definitions are kinds that client-go's scheme does not have.
var definitions = map[schema.GroupKind]bool{
	{Group: apiextensions.GroupName, Kind: "CustomResourceDefinition"}: true,
}

func isBuiltIn(gvk schema.GroupVersionKind) bool {
	if definitions[gvk.GroupKind()] {
		return gvk.Version == "v1"
	}
	if strings.HasSuffix(gvk.Kind, "List") || strings.HasSuffix(gvk.Kind, "Options") {
		return false
	}
	object, err := scheme.Scheme.New(gvk)
	if err != nil {
		return false
	}
	// The types of beta versions know in which version of Kubernetes they went.
	mortal, ok := object.(interface{ APILifecycleRemoved() (major, minor int) })
	if !ok {
		return true
	}
	major, minor := mortal.APILifecycleRemoved()
	return newer(major, minor)
}

// newer tells whether a version comes after the apiserver's.
func newer(major, minor int) bool {
	ours, oursMinor, _ := strings.Cut(version.DefaultKubeBinaryVersion, ".")
	x, _ := strconv.Atoi(ours)
	y, _ := strconv.Atoi(oursMinor)
	return major > x || major == x && minor > y
}
