package tracer

import (
	"fmt"
	"strings"
)

// PodPick is a pod that an event deletes or evicts and that Event.Delete does not name.
type PodPick struct {
	// Ref is the pod or, with ByOwner, the workload whose pod is meant.
	Ref ObjectRef
	// ByOwner picks the pod by its owner: of the owner's pods that live, neither over
	// nor being deleted, the one with Index older ones.
	ByOwner bool
	Index   int32
	// Evict goes through the eviction API, where disruption budgets are respected.
	Evict bool
}

// String returns the pick for messages: "pod 0 of StatefulSet shop/web".
func (p PodPick) String() string {
	if p.ByOwner {
		return fmt.Sprintf("pod %d of %s", p.Index, p.Ref)
	}
	return p.Ref.String()
}

// podKind is what a pick without kind means.
const podVersion, podKind = "v1", "Pod"

// controllerVersions are the kinds whose controllers run in a replay and make pods, with the
// version that they are served in.
var controllerVersions = map[string]string{
	"Deployment": "apps/v1", "ReplicaSet": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1",
	"Job": "batch/v1", "CronJob": "batch/v1", "ReplicationController": "v1",
}

// makersOf are the kinds whose controllers make objects of a kind that a trace may delete.
var makersOf = map[[2]string][]string{
	{"", "Pod"}:                   {"StatefulSet", "Job", "DaemonSet", "Deployment", "ReplicaSet", "CronJob", "ReplicationController"},
	{"apps", "ReplicaSet"}:        {"Deployment"},
	{"batch", "Job"}:              {"CronJob"},
	{"", "PersistentVolumeClaim"}: {"StatefulSet"},
}

// MakerOf finds, among the workloads that has knows, one whose controller may make an object
// of that name: pods, ReplicaSets and Jobs begin with its name and a hyphen, the claims of a
// StatefulSet end with it and a number. Whether it has made one only a replay shows.
func MakerOf(made ObjectRef, has func(ObjectRef) bool) (maker ObjectRef, found bool) {
	kinds := makersOf[[2]string{made.group(), made.Kind}]
	if len(kinds) == 0 {
		return ObjectRef{}, false
	}
	try := func(name string) bool {
		for _, kind := range kinds {
			maker = ObjectRef{controllerVersions[kind], kind, made.Namespace, name}
			if name != "" && has(maker) {
				return true
			}
		}
		return false
	}
	if made.Kind == "PersistentVolumeClaim" {
		end := strings.LastIndexByte(made.Name, '-')
		for at := range max(end, 0) {
			if made.Name[at] == '-' && try(made.Name[at+1:end]) {
				return maker, true
			}
		}
		return ObjectRef{}, false
	}
	for at := len(made.Name) - 1; at > 0; at-- {
		if made.Name[at] == '-' && try(made.Name[:at]) {
			return maker, true
		}
	}
	return ObjectRef{}, false
}

// MadeBy is what an object is called that MakerOf found a maker for, when that has another name.
func (r ObjectRef) MadeBy(maker ObjectRef, name string) ObjectRef {
	if r.Kind == "PersistentVolumeClaim" {
		end := strings.LastIndexByte(r.Name, '-')
		r.Name = strings.TrimSuffix(r.Name[:end], maker.Name) + name + r.Name[end:]
		return r
	}
	r.Name = name + strings.TrimPrefix(r.Name, maker.Name)
	return r
}

// deletion reads an element of an event's delete.
func (d *decoder) deletion(e *Event) error {
	pick, err := d.pick("an entry of delete")
	switch {
	case err != nil:
		return err
	case pick.ByOwner:
		e.Pods = append(e.Pods, pick)
	default:
		e.Delete = append(e.Delete, pick.Ref)
	}
	return nil
}

// eviction reads an element of an event's evict.
func (d *decoder) eviction(e *Event) error {
	pick, err := d.pick("an entry of evict")
	if err != nil {
		return err
	}
	if !pick.ByOwner && (pick.Ref.Kind != podKind || pick.Ref.group() != "") {
		return d.errorf("an entry of evict: only pods are evicted, not a %s", pick.Ref.Kind)
	}
	pick.Evict = true
	e.Pods = append(e.Pods, pick)
	return nil
}

// pick reads a reference, or a pod of an owner.
func (d *decoder) pick(where string) (pick PodPick, err error) {
	if err := d.open('{', where); err != nil {
		return pick, err
	}
	pos := d.pos()
	var ref ObjectRef
	var indexed bool
	err = d.fieldsOpen(where, podKeys, func(key string) (err error) {
		switch key {
		case "owner":
			pick.ByOwner = true
			pick.Ref, err = d.owner()
		case "index":
			indexed = true
			pick.Index, err = d.integer(key, 1<<31-1)
		default:
			err = d.refField(&ref, key)
		}
		return err
	})
	switch {
	case err != nil:
		return pick, err
	case !pick.ByOwner && indexed:
		return pick, d.errorAt(pos, "%s: index without owner: of whose pods?", where)
	case !pick.ByOwner:
		pick.Ref = ref
		return pick, d.checkRef(pos, ref, where)
	case ref.Name != "":
		return pick, d.errorAt(pos, "%s: name and owner: name the pod, or pick it by its owner", where)
	case ref.Kind != "" && ref.Kind != podKind || ref.APIVersion != "" && ref.APIVersion != podVersion:
		return pick, d.errorAt(pos, "%s: with an owner it is a Pod of v1, not a %s of %s", where, ref.Kind, ref.APIVersion)
	case ref.Namespace != "" && pick.Ref.Namespace != "" && ref.Namespace != pick.Ref.Namespace:
		return pick, d.errorAt(pos, "%s: a pod and its owner are in one namespace, not in %s and %s", where, ref.Namespace, pick.Ref.Namespace)
	case pick.Ref.Namespace == "":
		pick.Ref.Namespace = ref.Namespace
	}
	return pick, d.checkRef(pos, pick.Ref, where)
}

// owner reads the owner of a picked pod. The version of a kind whose controller runs in a
// replay goes without saying.
func (d *decoder) owner() (ref ObjectRef, err error) {
	err = d.fields("owner", refKeys, func(key string) error { return d.refField(&ref, key) })
	if err == nil && ref.APIVersion == "" {
		ref.APIVersion = controllerVersions[ref.Kind]
	}
	return ref, err
}
