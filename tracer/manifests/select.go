package manifests

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Reasons to leave an object out.
const (
	dropFinished   = "finished"
	dropDeleted    = "being deleted"
	dropControlled = "made by its controller"
	dropStatic     = "static pod of a node"
	dropTransient  = "made by the cluster itself"
	dropDuplicate  = "there twice, and the same"
)

// controllers are the kinds whose controllers run in a replay: they make their
// pods (and what is between) again.
var controllers = map[string]string{
	"Deployment": "apps", "ReplicaSet": "apps", "StatefulSet": "apps", "DaemonSet": "apps",
	"Job": "batch", "CronJob": "batch",
}

// transient are the kinds that a cluster makes for itself.
var transient = map[string][]string{
	"Event": {"", "events.k8s.io"}, "Lease": {"coordination.k8s.io"},
	"Endpoints": {""}, "EndpointSlice": {"discovery.k8s.io"},
	"ControllerRevision": {"apps"}, "VolumeAttachment": {"storage.k8s.io"},
	"CertificateSigningRequest": {"certificates.k8s.io"}, "APIService": {"apiregistration.k8s.io"},
	"NodeMetrics": {"metrics.k8s.io"}, "PodMetrics": {"metrics.k8s.io"},
}

// selection decides which objects are kept.
type selection struct {
	input   map[identity]bool // all objects that were read
	first   map[identity]document
	numbers map[identity]int // the next number for a generateName
	dropped map[string]int
	kept    []document
}

// selectAndClean returns the objects that belong into the trace, in their
// order, and what was left out. It changes the objects.
func selectAndClean(all []document) ([]document, []Dropped, error) {
	s := selection{map[identity]bool{}, map[identity]document{}, map[identity]int{}, map[string]int{}, nil}
	for _, d := range all {
		s.input[d.identity()] = true
	}
	for _, d := range all {
		if reason := s.reason(d); reason != "" {
			s.dropped[reason]++
			continue
		}
		s.clean(d)
		if err := s.keep(d); err != nil {
			return nil, nil, err
		}
	}
	var dropped []Dropped
	for reason, count := range s.dropped {
		dropped = append(dropped, Dropped{reason, count})
	}
	slices.SortFunc(dropped, func(a, b Dropped) int { return strings.Compare(a.Reason, b.Reason) })
	return s.kept, dropped, nil
}

// reason says why an object is left out, "" when it is kept.
func (s *selection) reason(d document) string {
	switch {
	case slices.Contains(transient[d.kind()], d.group()), d.is("", "Service") && d.namespace() == "default" && d.name() == "kubernetes":
		return dropTransient
	case d.is("", "Pod") && slices.Contains([]string{"Succeeded", "Failed"}, str(d.object, "status", "phase")), d.is("batch", "Job") && jobFinished(d):
		return dropFinished
	case field(d.object, "metadata", "deletionTimestamp") != nil:
		return dropDeleted
	case d.is("", "Pod") && isStatic(d):
		return dropStatic
	case s.controlled(d):
		return dropControlled
	}
	return ""
}

func jobFinished(d document) bool {
	return slices.ContainsFunc(list(d.object, "status", "conditions"), func(c any) bool {
		kind := str(c, "type")
		return (kind == "Complete" || kind == "Failed") && str(c, "status") == "True"
	})
}

// isStatic tells the pods that a kubelet takes from files: their owner is their
// node, and an apiserver takes them from no one else.
func isStatic(d document) bool {
	owner := controller(d)
	return str(owner, "kind") == "Node" || field(d.object, "metadata", "annotations", "kubernetes.io/config.mirror") != nil
}

// controller is the owner reference of the controller, nil without one.
func controller(d document) map[string]any {
	for _, ref := range list(d.object, "metadata", "ownerReferences") {
		if field(ref, "controller") == true {
			return object(ref)
		}
	}
	return nil
}

// controlled tells whether something in the input makes the object again.
func (s *selection) controlled(d document) bool {
	ref := controller(d)
	if ref == nil {
		return false
	}
	owner := identity{group(str(ref, "apiVersion")), str(ref, "kind"), d.namespace(), str(ref, "name")}
	// A pod's generic ephemeral volume: its claim comes and goes with it.
	if owner.kind == "Pod" && d.is("", "PersistentVolumeClaim") {
		return s.input[owner]
	}
	if g, ok := controllers[owner.kind]; !ok || g != owner.group {
		return false
	}
	if s.input[owner] {
		return true
	}
	// The middle of the chain is often not dumped, but tells its owner's name.
	switch owner.kind {
	case "ReplicaSet": // of a Deployment: NAME-HASH
		hash := str(d.object, "metadata", "labels", "pod-template-hash")
		name, found := strings.CutSuffix(owner.name, "-"+hash)
		return hash != "" && found && s.input[identity{"apps", "Deployment", owner.namespace, name}]
	case "Job": // of a CronJob: NAME-MINUTES
		if i := strings.LastIndexByte(owner.name, '-'); i > 0 {
			_, err := strconv.ParseUint(owner.name[i+1:], 10, 64)
			return err == nil && s.input[identity{"batch", "CronJob", owner.namespace, owner.name[:i]}]
		}
	}
	return false
}

// keep adds an object, named if it has no name yet, unless it is there already.
func (s *selection) keep(d document) error {
	id := d.identity()
	if id.name == "" {
		s.giveName(d)
		id = d.identity()
	}
	if id.namespace == "" {
		id.namespace = "default" // no namespace means it, where it means anything
	}
	if first, found := s.first[id]; found {
		if !reflect.DeepEqual(first.object, d.object) {
			return d.errorf("%s is there already, and differs: %s", d.identity(), first.where())
		}
		s.dropped[dropDuplicate]++
		return nil
	}
	s.first[id] = d
	s.kept = append(s.kept, d)
	return nil
}

// giveName makes the first free name out of generateName.
func (s *selection) giveName(d document) {
	metadata := object(d.object, "metadata")
	prefix, _ := metadata["generateName"].(string)
	delete(metadata, "generateName")
	id := d.identity()
	id.name = prefix
	for {
		name := fmt.Sprintf("%s%d", prefix, s.numbers[id])
		s.numbers[id]++
		metadata["name"] = name
		if !s.input[d.identity()] {
			return
		}
	}
}
