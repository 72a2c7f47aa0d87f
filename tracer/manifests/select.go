package manifests

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"simk.dev/simk/tracer/internal/kube"
)

// Reasons to leave an object out.
const (
	dropFinished   = "finished"
	dropDeleted    = "being deleted"
	dropControlled = "made by its controller"
	dropStatic     = "static pod of a node"
	dropTransient  = "made by the cluster itself"
	dropDuplicate  = "there twice, and the same"
	dropVersion    = "of a version that is served no more and has no successor"
	dropCustom     = "of custom kinds without a CustomResourceDefinition among the inputs: add that, to have them"
	dropRules      = "without rules or backend: refused by every apiserver"
	dropAggregated = "an APIService: simk serves no API of another server"
)

// transient are the kinds that a cluster makes for itself.
var transient = map[string][]string{
	"Event": {"", "events.k8s.io"}, "Lease": {"coordination.k8s.io"},
	"Endpoints": {""}, "EndpointSlice": {"discovery.k8s.io"},
	"ControllerRevision": {"apps"}, "VolumeAttachment": {"storage.k8s.io"},
	"CertificateSigningRequest": {"certificates.k8s.io"},
	"NodeMetrics":               {"metrics.k8s.io"}, "PodMetrics": {"metrics.k8s.io"},
}

// selection decides which objects are kept.
type selection struct {
	input   map[kube.Identity]bool // all objects that were read
	first   map[kube.Identity]kube.Document
	numbers map[kube.Identity]int // the next number for a generateName
	dropped map[string]int
	kinds   map[string]map[string]int // of what was left out, where the reason has to do with it
	defined map[[2]string]bool        // groups and kinds of custom resources
	kept    []kube.Document
	// skipHooks leaves hooks of an install out; hooks counts those that make pods.
	skipHooks bool
	hooks     int
}

// selectAndClean returns the objects that belong into the trace, in their
// order, and what was left out. It changes the objects.
func selectAndClean(all []kube.Document, skipHooks bool) (*selection, []Dropped, error) {
	s := &selection{
		skipHooks: skipHooks, input: map[kube.Identity]bool{}, first: map[kube.Identity]kube.Document{},
		numbers: map[kube.Identity]int{}, dropped: map[string]int{}, defined: map[[2]string]bool{},
		kinds: map[string]map[string]int{
			dropVersion: {}, dropCustom: {}, dropRules: {}, dropTest: {}, dropHook: {}, dropSkipped: {},
		},
	}
	for _, d := range all {
		s.input[d.Identity()] = true
		if d.Is("apiextensions.k8s.io", "CustomResourceDefinition") {
			s.defined[[2]string{kube.Str(d.Object, "spec", "group"), kube.Str(d.Object, "spec", "names", "kind")}] = true
		}
	}
	for _, d := range all {
		if reason := s.reason(d); reason != "" {
			s.dropped[reason]++
			if kinds := s.kinds[reason]; kinds != nil {
				kinds[d.Kind()]++
			}
			continue
		}
		kube.Clean(d, func(name string) bool { return s.input[kube.Identity{Kind: "PersistentVolume", Name: name}] })
		if err := s.keep(d); err != nil {
			return nil, nil, err
		}
	}
	var dropped []Dropped
	for reason, count := range s.dropped {
		dropped = append(dropped, Dropped{reason + listed(s.kinds[reason]), count})
	}
	slices.SortFunc(dropped, func(a, b Dropped) int { return strings.Compare(a.Reason, b.Reason) })
	s.inOrder()
	return s, dropped, nil
}

// listed counts kinds, in brackets: the first six.
func listed(kinds map[string]int) string {
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		if len(all) == 6 {
			all = append(all, "...")
			break
		}
		all = append(all, fmt.Sprintf("%d %.60s", kinds[kind], kind))
	}
	if len(all) == 0 {
		return ""
	}
	return " (" + strings.Join(all, ", ") + ")"
}

// reason says why an object is left out, "" when it is kept.
func (s *selection) reason(d kube.Document) string {
	if _, reason := s.hook(d); reason != "" {
		return reason
	}
	switch {
	case slices.Contains(transient[d.Kind()], d.Group()), d.Is("", "Service") && d.Namespace() == "default" && d.Name() == "kubernetes":
		return dropTransient
	case d.Is("apiregistration.k8s.io", "APIService"):
		return dropAggregated
	case !kube.Builtin(d.Group()) && !s.defined[[2]string{d.Group(), d.Kind()}] && !d.Served():
		return dropCustom
	case kube.Builtin(d.Group()) && d.Outdated():
		return dropVersion
	case d.Is("networking.k8s.io", "Ingress") && kube.List(d.Object, "spec", "rules") == nil &&
		kube.Field(d.Object, "spec", "defaultBackend") == nil:
		return dropRules
	case d.Is("", "Pod") && slices.Contains([]string{"Succeeded", "Failed"}, kube.Str(d.Object, "status", "phase")),
		d.Is("batch", "Job") && d.Finished():
		return dropFinished
	case kube.Field(d.Object, "metadata", "deletionTimestamp") != nil:
		return dropDeleted
	case d.Is("", "Pod") && d.Static():
		return dropStatic
	case s.controlled(d):
		return dropControlled
	}
	return ""
}

// controlled tells whether something in the input makes the object again.
func (s *selection) controlled(d kube.Document) bool {
	owner, found := d.Controller()
	if !found {
		return false
	}
	// A pod's generic ephemeral volume: its claim comes and goes with it.
	if owner.Kind == "Pod" && d.Is("", "PersistentVolumeClaim") {
		return s.input[owner]
	}
	if !owner.MakesPods() || !d.Remade() {
		return false
	}
	if s.input[owner] {
		return true
	}
	above, found := owner.OwnerByName(kube.Str(d.Object, "metadata", "labels", "pod-template-hash"))
	return found && s.input[above]
}

// keep adds an object, named if it has no name yet, unless it is there already.
func (s *selection) keep(d kube.Document) error {
	id := d.Identity()
	if id.Name == "" {
		s.giveName(d)
		id = d.Identity()
	}
	if id.Namespace == "" {
		id.Namespace = "default" // no namespace means it, where it means anything
	}
	if first, found := s.first[id]; found {
		if !reflect.DeepEqual(first.Object, d.Object) {
			return d.Errorf("%s is there already, and differs: %s", d.Identity(), first.Where())
		}
		s.dropped[dropDuplicate]++
		return nil
	}
	s.first[id] = d
	s.kept = append(s.kept, d)
	return nil
}

// giveName makes the first free name out of generateName.
func (s *selection) giveName(d kube.Document) {
	metadata := kube.Map(d.Object, "metadata")
	prefix, _ := metadata["generateName"].(string)
	delete(metadata, "generateName")
	id := d.Identity()
	id.Name = prefix
	for {
		name := fmt.Sprintf("%s%d", prefix, s.numbers[id])
		s.numbers[id]++
		metadata["name"] = name
		if !s.input[d.Identity()] {
			return
		}
	}
}
