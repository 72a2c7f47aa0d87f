package sim

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	storageutil "k8s.io/kubernetes/pkg/apis/storage/util"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/manifests"
	"simk.dev/simk/vnode/volumes"
)

// readNodes reads the Nodes of a manifest file, with the namespaces and the
// like that other objects in it would bring left out.
func readNodes(path string) ([]tracer.Object, error) {
	result, err := manifests.Import([]string{path}, manifests.Options{Arrive: manifests.ArriveStart})
	if err != nil {
		return nil, err
	}
	var nodes []tracer.Object
	for _, o := range result.Head.Objects {
		if o.GetKind() == "Node" {
			nodes = append(nodes, o)
		}
	}
	if len(nodes) == 0 {
		return nil, fmt.Errorf("%s holds no Nodes", path)
	}
	return nodes, nil
}

// defaultNodes are those of a cluster for which nobody named any (Options.DefaultNodes).
func defaultNodes() []tracer.Object {
	var nodes []tracer.Object
	for _, name := range []string{"node-1", "node-2", "node-3"} {
		nodes = append(nodes, tracer.Object{Unstructured: &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "Node", "metadata": map[string]any{"name": name},
			"status": map[string]any{"capacity": map[string]any{"cpu": "8", "memory": "32Gi", "pods": "110"}},
		}}})
	}
	return nodes
}

// addStorageClass gives a live cluster a default StorageClass, as kind and others have it,
// unless its trace has classes.
func (in *input) addStorageClass() {
	objects := in.summary.Head.Objects
	if slices.ContainsFunc(objects, func(o tracer.Object) bool { return o.GetKind() == "StorageClass" }) {
		return
	}
	in.summary.Head.Objects = append(objects, tracer.Object{Unstructured: &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
		"metadata":    map[string]any{"name": "standard", "annotations": map[string]any{storageutil.IsDefaultStorageClassAnnotation: "true"}},
		"provisioner": volumes.DefaultProvisioner, "volumeBindingMode": "WaitForFirstConsumer", "allowVolumeExpansion": true,
	}}})
}
