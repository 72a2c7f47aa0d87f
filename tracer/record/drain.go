package record

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"simk.dev/simk/tracer/internal/kube"
	"simk.dev/simk/tracer/record/journal"
)

// drained records that a node is being emptied. The API has no word for it, as
// it has for a cordon: a node is drained when the first pod is evicted from it
// while it is cordoned. A replay then evicts the others itself.
func (u *update) drained(asked time.Time, last *object) error {
	if u.d.Is("", "Node") {
		u.o.cordoned = kube.Field(u.d.Object, "spec", "unschedulable") == true
		u.o.drained = u.o.drained && u.o.cordoned
		return nil
	}
	if !u.d.Is("", "Pod") || asked.IsZero() || last.deleting || !evicted(u.d.Object) {
		return nil
	}
	node := u.recorder.node(kube.Str(u.d.Object, "spec", "nodeName"))
	if node == nil || !node.cordoned || node.drained || node.body == nil {
		return nil
	}
	node.drained = true
	return u.recorder.sink.Write(journal.Line{Op: journal.Drain, At: asked, Loose: true, Ref: &node.ref})
}

// evicted tells whether a pod goes because the eviction API was asked to.
func evicted(pod map[string]any) bool {
	for _, c := range kube.List(pod, "status", "conditions") {
		if kube.Field(c, "type") == string(corev1.DisruptionTarget) && kube.Field(c, "status") == "True" {
			return kube.Field(c, "reason") == "EvictionByEvictionAPI"
		}
	}
	return false
}

// node is what is known of a node; nil if it is not recorded.
func (r *Recorder) node(name string) *object {
	for i := range r.o.Resources {
		resource := &r.o.Resources[i]
		if resource.Resource == "nodes" && resource.Group == "" {
			return r.objects[objectKey{resource: resource, name: name}]
		}
	}
	return nil
}
