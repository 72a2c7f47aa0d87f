package validate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/annotation"
	"simk.dev/simk/tracer/internal/kube"
	"simk.dev/simk/tracer/internal/podspec"
	"simk.dev/simk/tracer/spelling"
)

// objects looks at what the head has or an event applies. All of it exists
// already when its parts are looked at.
func (v *validator) objects(all []tracer.Object, p place) {
	for i := range all {
		v.register(all[i], at(p, all[i]))
	}
	v.duplicates(all, p)
	for i := range all {
		v.object(all[i], at(p, all[i]))
	}
	v.report.Objects += len(all)
}

func at(p place, o tracer.Object) place {
	ref := o.Ref()
	p.pos, p.ref = o.Pos, &ref
	return p
}

// register notes what other objects may refer to in more ways than by name.
func (v *validator) register(o tracer.Object, p place) {
	v.contents.add(o)
	switch group := kube.Group(o.GetAPIVersion()); {
	case o.GetKind() == "CustomResourceDefinition" && group == "apiextensions.k8s.io":
		v.kinds.define(o)
	case o.GetKind() == "PersistentVolume" && group == "":
		if class := kube.Str(o.Object, "spec", "storageClassName"); class != "" && len(v.volumeClasses) < maxFindings {
			v.volumeClasses[class] = true
		}
	case o.GetKind() == "Node" && group == "":
		node := &corev1.Node{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, node); err != nil {
			v.found.add("E0113", "Node", 1, p, fmt.Sprintf("the node cannot be read: %v", err))
			return
		}
		v.fit.add(node)
	}
}

// duplicates finds objects that stand twice side by side.
func (v *validator) duplicates(all []tracer.Object, p place) {
	if len(all) < 2 {
		return
	}
	seen := make(map[tracer.ObjectRef]struct{}, len(all))
	for i := range all {
		ref := all[i].Ref()
		if _, found := seen[ref]; found {
			v.found.add("W0209", ref.Kind, 1, at(p, all[i]), fmt.Sprintf("%s is applied twice at once", ref))
		}
		seen[ref] = struct{}{}
	}
}

// object looks at one object.
func (v *validator) object(o tracer.Object, p place) {
	kind := o.GetKind()
	served, own := v.kinds.served(p.ref.APIVersion, kind)
	if !served {
		v.found.add("E0208", p.ref.APIVersion+" "+kind, 1, p, fmt.Sprintf("the apiserver does not serve %s of %s", kind, p.ref.APIVersion))
	}
	if own && kind != "Node" && o.Object["status"] != nil {
		v.found.add("W0000", kind, 1, p, fmt.Sprintf("this %s has a status, which is ignored", kind))
	}
	switch kind {
	case "CustomResourceDefinition":
		if own && kube.Str(o.Object, "spec", "conversion", "strategy") == "Webhook" {
			v.found.add("W0211", p.ref.String(), 1, p,
				"conversion webhooks are not called: objects of other versions than the stored one keep their fields")
		}
	case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration":
		if own && len(kube.List(o.Object, "webhooks")) > 0 {
			v.found.add("W0212", p.ref.String(), 1, p, "admission webhooks are not called")
		}
	case "ProvisioningRequest", "CapacityBuffer":
		if strings.HasPrefix(p.ref.APIVersion, "autoscaling.x-k8s.io/") {
			v.found.add("W0213", p.ref.String(), 1, p, "the built-in cluster autoscaler does not read it")
		}
	case "PersistentVolumeClaim":
		v.claim(o.Object, p)
	case "StatefulSet":
		templates := kube.List(o.Object, "spec", "volumeClaimTemplates")
		for _, t := range templates {
			if m, ok := t.(map[string]any); ok {
				v.claim(m, p)
			}
		}
	case "ResourceClaim":
		v.deviceClasses(kube.Field(o.Object, "spec", "devices", "requests"), p)
	case "ResourceClaimTemplate":
		v.deviceClasses(kube.Field(o.Object, "spec", "spec", "devices", "requests"), p)
	}
	if spec := podspec.Of(o); spec != nil {
		v.pods(o, spec, p)
	}
}

// pods looks at the pods that an object is or makes.
func (v *validator) pods(o tracer.Object, spec map[string]any, p place) {
	s := v.shapes.Get(spec)
	if s.pod == nil {
		v.found.add("E0113", s.problem, 1, p, "the pod's spec cannot be read: "+s.problem)
		return
	}
	for _, r := range s.references {
		v.want(r.code, r.in(p.ref.Namespace), p)
	}
	for _, k := range s.keys {
		ref := k.in(cmp.Or(p.ref.Namespace, "default"))
		if problem := v.contents.lacks(ref, k.key); problem != "" {
			v.found.add("W0118", ref.String()+" "+k.key, 1, p, problem)
		}
	}
	v.crowd.add(o, p, v.found)
	v.annotations(podspec.Template(o), p)
	if name := s.pod.Spec.SchedulerName; name != "" && name != corev1.DefaultSchedulerName {
		v.found.add("W0116", name, 1, p,
			fmt.Sprintf("the pods want the scheduler %s: only a profile of that name in --scheduler-config places them", name))
	}
	if podspec.WantsNodes(o) {
		v.fit.wait(s, p)
	}
}

// annotations finds those that look like simk's own and are none, in a pod or a pod template.
func (v *validator) annotations(template map[string]any, p place) {
	annotations := kube.Map(template, "metadata", "annotations")
	for _, name := range slices.Sorted(maps.Keys(annotations)) {
		if value, ok := annotations[name].(string); ok {
			if err := annotation.Check(name, value); err != nil {
				v.found.add("W0119", name, 1, p, err.Error())
			}
		}
		if !strings.HasPrefix(name, annotation.Prefix) || slices.Contains(annotation.Pod, name) {
			continue
		}
		text := fmt.Sprintf("simk knows no annotation %s of pods", name)
		if meant, ok := spelling.Nearest(name, annotation.Pod); ok {
			text += "; do you mean " + meant + "?"
		}
		v.found.add("W0115", name, 1, p, text)
	}
}

// claim looks at a PersistentVolumeClaim or the template of one.
func (v *validator) claim(claim map[string]any, p place) {
	class := kube.Str(claim, "spec", "storageClassName")
	volume := kube.Str(claim, "spec", "volumeName")
	if class != "" && volume == "" && !v.volumeClasses[class] {
		v.want("E0104", tracer.ObjectRef{APIVersion: "storage.k8s.io/v1", Kind: "StorageClass", Name: class}, p)
	}
}

// deviceClasses looks at the requests of a ResourceClaim, in the form of any
// version of its group.
func (v *validator) deviceClasses(requests any, p place) {
	list, _ := requests.([]any)
	for _, r := range list {
		request, _ := r.(map[string]any)
		alternatives, _ := request["firstAvailable"].([]any)
		for _, one := range append([]any{request, request["exactly"]}, alternatives...) {
			m, _ := one.(map[string]any)
			if class, _ := m["deviceClassName"].(string); class != "" {
				v.want("E0107", tracer.ObjectRef{APIVersion: "resource.k8s.io/v1", Kind: "DeviceClass", Name: class}, p)
			}
		}
	}
}

// want reports an object that does not exist.
func (v *validator) want(code string, ref tracer.ObjectRef, p place) {
	if code == "E0104" && v.volumeClasses[ref.Name] || v.refs.Has(ref) {
		return
	}
	if ref.Namespace == "" && namespaced[ref.Kind] {
		ref.Namespace = "default"
	}
	v.found.add(code, ref.String(), 1, p, fmt.Sprintf("there is no %s at that point of the trace", ref))
}

// namespaced are the kinds that are looked for and have namespaces.
var namespaced = map[string]bool{
	"ServiceAccount": true, "Secret": true, "ConfigMap": true,
	"PersistentVolumeClaim": true, "ResourceClaim": true, "ResourceClaimTemplate": true,
}
