package sim

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	storageutil "k8s.io/kubernetes/pkg/apis/storage/util"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/manifests"
	"simk.dev/simk/vnode"
	"simk.dev/simk/vnode/volumes"
)

// readNodes reads the Nodes of a manifest file, with the namespaces and the
// like that other objects in it would bring left out.
func readNodes(name string, text []byte) ([]tracer.Object, error) {
	result, err := manifests.ImportText(name, text, manifests.Options{Arrive: manifests.ArriveStart})
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
		return nil, fmt.Errorf("%s holds no Nodes", name)
	}
	return nodes, nil
}

// addStorageClass gives a live cluster a default StorageClass, as kind and others have it,
// unless its trace has classes.
func (in *runInput) addStorageClass() {
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

// liveStop is how long containers take to end in a cluster that clients outside look
// at: a real runtime needs about as long, and who deletes a pod gracefully may look
// for it once more.
const liveStop = time.Second

// nodesConfig is what the virtual nodes are told. A kubelet's Events, and what only
// clients outside would read, a replay does without. It also lets pods run whose
// ConfigMaps and Secrets are not there, and so does a cluster that begins with a
// trace: traces and dumps often lack them.
func (c *Cluster) nodesConfig() vnode.Config {
	config := vnode.Config{Client: c.plane.Client, Informers: c.plane.Informers, Lifecycle: c.lives.next}
	config.Behaviours, config.Behaviour = c.behaviours()
	if !c.plan.Interactive {
		return config
	}
	post := c.poster("kubelet", "kubelet")
	config.Event = func(about *corev1.Pod, eventType, reason, note string) { post(about, eventType, reason, note) }
	config.Detailed, config.MinStop = true, liveStop
	config.WaitForObjects = len(c.options.Inputs) == 0
	config.Programs = c.options.programs
	return config
}
