package kubedump

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"simk.dev/simk/tracer/internal/kube"
)

// repairs makes objects that came without their surroundings acceptable to an
// apiserver, and counts what it did.
type repairs struct {
	have       map[kube.Identity]*record
	priorities map[string]int64 // of classes that are missing, as pods tell
	volumes    int              // claims whose volume is missing
	runtimes   int
	pinned     int
	secrets    int
	cronJobs   int
	notReady   int
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// clean makes an object fit for the trace, in place.
func (s *repairs) clean(r *record) {
	node := kube.Str(r.Object, "spec", "nodeName")
	if r.Is("", "Secret") {
		s.secrets++
		hollow(r.Object)
	}
	if r.Is("", "PersistentVolumeClaim") {
		if name := kube.Str(r.Object, "spec", "volumeName"); name != "" && !s.hasVolume(name) {
			s.volumes++
		}
	}
	if r.Is("", "Node") && condition(kube.Map(r.Object, "status"), "Ready").IsZero() && kube.List(r.Object, "status", "conditions") != nil {
		s.notReady++
	}
	if r.Is("batch", "CronJob") {
		s.cronJob(kube.Map(r.Object, "spec"))
	}
	kube.Clean(r.Document, s.hasVolume)
	switch {
	case r.Is("apiextensions.k8s.io", "CustomResourceDefinition"):
		delete(kube.Map(r.Object, "spec"), "conversion") // a webhook that is not there
	case r.static:
		s.pinned++
		kube.Pin(r.Object, node)
	}
	for _, spec := range podSpecs(r.Document) {
		s.podSpec(spec)
	}
}

func (s *repairs) hasVolume(name string) bool {
	return s.have[kube.Identity{Kind: "PersistentVolume", Namespace: "default", Name: name}] != nil
}

// hollow leaves of a Secret nothing but its name and labels: also annotations
// and types may tell or need what is in it.
func hollow(o map[string]any) {
	metadata := kube.Map(o, "metadata")
	delete(metadata, "annotations")
	for key := range o {
		if key != "apiVersion" && key != "kind" && key != "metadata" {
			delete(o, key)
		}
	}
}

// cronJob puts the template of a Job where it belongs. Dumps that were cut down
// to what bears on scheduling may have it in the CronJob itself.
func (s *repairs) cronJob(spec map[string]any) {
	template := spec["template"]
	if spec["jobTemplate"] != nil || template == nil {
		return
	}
	s.cronJobs++
	spec["jobTemplate"] = map[string]any{"spec": map[string]any{"template": template}}
	delete(spec, "template")
}

// podSpecs are the pod specs of an object.
func podSpecs(d kube.Document) []map[string]any {
	var all []map[string]any
	for _, path := range [][]string{{"spec"}, {"spec", "template", "spec"}, {"spec", "jobTemplate", "spec", "template", "spec"}} {
		spec := kube.Map(d.Object, path...)
		if _, ok := spec["containers"].([]any); ok {
			all = append(all, spec)
		}
	}
	return all
}

// class is the priority class of an object's pods. Pods tell its value, the
// templates of workloads only the name.
type class struct {
	name  string
	value int64
}

func classOf(d kube.Document) class {
	for _, spec := range podSpecs(d) {
		if name := kube.Str(spec, "priorityClassName"); name != "" {
			value, _ := spec["priority"].(int64)
			return class{name, value}
		}
	}
	return class{}
}

// notePriority finds the priority classes that are missing.
func (s *repairs) notePriority(c class) {
	if !s.lacks("scheduling.k8s.io", "PriorityClass", c.name) || strings.HasPrefix(c.name, "system-") {
		return
	}
	if s.priorities[c.name] == 0 {
		s.priorities[c.name] = c.value
	}
}

func (s *repairs) podSpec(spec map[string]any) {
	if class := kube.Str(spec, "runtimeClassName"); s.lacks("node.k8s.io", "RuntimeClass", class) {
		s.runtimes++
		delete(spec, "runtimeClassName")
	}
}

func (s *repairs) lacks(group, kind, name string) bool {
	return name != "" && s.have[kube.Identity{Group: group, Kind: kind, Namespace: "default", Name: name}] == nil
}

// classes makes the priority classes that are missing.
func (s *repairs) classes() []map[string]any {
	var all []map[string]any
	for _, name := range slices.Sorted(maps.Keys(s.priorities)) {
		all = append(all, map[string]any{
			"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
			"metadata": map[string]any{"name": name}, "value": min(s.priorities[name], 1_000_000_000),
		})
	}
	return all
}

// lines says what was repaired.
func (s *repairs) lines() []string {
	var out []string
	say := func(n int, one, many, rest string) {
		if n > 0 {
			out = append(out, plural(n, one, many)+rest)
		}
	}
	say(len(s.priorities), "priority class is", "priority classes are",
		" not in the dump: made from the priority of their pods, 0 without any")
	say(s.volumes, "claim was", "claims were",
		" bound to volumes that are not in the dump: they have to be bound anew (dump persistentvolumes too)")
	say(s.runtimes, "pod spec names a runtime class that is", "pod specs name runtime classes that are",
		" not in the dump: removed, with its overhead")
	say(s.pinned, "pod was", "pods were", " run by a kubelet from a file: bare pods here, each with affinity to its node")
	say(s.secrets, "Secret is", "Secrets are", " kept without any content")
	say(s.cronJobs, "CronJob has", "CronJobs have", " the template of its pods in the wrong place: moved into jobTemplate")
	say(s.notReady, "node was", "nodes were", " not ready at the dump: here they come up ready")
	return out
}
