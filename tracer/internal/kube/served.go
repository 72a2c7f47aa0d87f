package kube

import (
	"strconv"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/component-base/version"
)

// definitions are kinds that client-go's scheme does not have.
var definitions = map[schema.GroupKind]bool{
	{Group: apiextensions.GroupName, Kind: "CustomResourceDefinition"}: true,
}

// Served tells whether an apiserver without custom resources serves a kind.
func Served(gvk schema.GroupVersionKind) bool {
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

// Served tells whether it is served in a cluster without custom resources.
func (d Document) Served() bool {
	return Served(schema.FromAPIVersionAndKind(Str(d.Object, "apiVersion"), d.Kind()))
}

// Outdated tells an object in an alpha or beta version that is not served.
func (d Document) Outdated() bool {
	gvk := schema.FromAPIVersionAndKind(Str(d.Object, "apiVersion"), d.Kind())
	return unstable.MatchString(gvk.Version) && !Served(gvk)
}

// newer tells whether a version comes after the apiserver's.
func newer(major, minor int) bool {
	ours, oursMinor, _ := strings.Cut(version.DefaultKubeBinaryVersion, ".")
	x, _ := strconv.Atoi(ours)
	y, _ := strconv.Atoi(oursMinor)
	return major > x || major == x && minor > y
}
