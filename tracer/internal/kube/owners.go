package kube

import (
	"strconv"
	"strings"
)

// controllers are the kinds whose controllers run in a replay: they make their
// pods (and what is between) again.
var controllers = map[string]string{
	"Deployment": "apps", "ReplicaSet": "apps", "StatefulSet": "apps", "DaemonSet": "apps",
	"Job": "batch", "CronJob": "batch", "ReplicationController": "",
}

// MakesPods tells whether the controller of the kind runs in a replay, and so
// makes what such an object owns.
func (i Identity) MakesPods() bool {
	group, found := controllers[i.Kind]
	return found && group == i.Group
}

// Remade tells whether the object is of a kind that controllers make: not all
// that such an owner owns is (a disruption budget, say, may be owned too).
func (d Document) Remade() bool {
	return d.Is("", "Pod") || d.Is("apps", "ReplicaSet") || d.Is("batch", "Job")
}

// Controller names the owner that manages the object; found is false without one.
func (d Document) Controller() (owner Identity, found bool) {
	ref := d.ControllerRef()
	if ref == nil {
		return Identity{}, false
	}
	return Identity{modernGroup(Group(Str(ref, "apiVersion")), Str(ref, "kind")), Str(ref, "kind"), d.Namespace(), Str(ref, "name")}, true
}

// ControllerRef is the reference to that owner, nil without one.
func (d Document) ControllerRef() map[string]any {
	for _, ref := range List(d.Object, "metadata", "ownerReferences") {
		if Field(ref, "controller") == true {
			return Map(ref)
		}
	}
	return nil
}

// OwnerByName guesses the owner of a ReplicaSet or Job from its name: the
// middle of a chain is often not dumped. hash is the label pod-template-hash of
// what it owns. found only means that the name has the form.
func (i Identity) OwnerByName(hash string) (owner Identity, found bool) {
	switch {
	case i.Kind == "ReplicaSet" && hash != "": // of a Deployment: NAME-HASH
		name, found := strings.CutSuffix(i.Name, "-"+hash)
		return Identity{"apps", "Deployment", i.Namespace, name}, found
	case i.Kind == "Job": // of a CronJob: NAME-MINUTES
		at := strings.LastIndexByte(i.Name, '-')
		if at <= 0 {
			break
		}
		_, err := strconv.ParseUint(i.Name[at+1:], 10, 64)
		return Identity{"batch", "CronJob", i.Namespace, i.Name[:at]}, err == nil
	}
	return Identity{}, false
}

// Static tells the pods that a kubelet takes from files: their owner is their
// node, and an apiserver takes them from no one else.
func (d Document) Static() bool {
	owner, _ := d.Controller()
	return owner.Kind == "Node" || Field(d.Object, "metadata", "annotations", "kubernetes.io/config.mirror") != nil
}

// Finished tells the Jobs that completed or failed.
func (d Document) Finished() bool {
	for _, c := range List(d.Object, "status", "conditions") {
		if kind := Str(c, "type"); (kind == "Complete" || kind == "Failed") && Str(c, "status") == "True" {
			return true
		}
	}
	return false
}
