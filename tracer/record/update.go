package record

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"simk.dev/simk/tracer/internal/kube"
	"simk.dev/simk/tracer/record/journal"
)

// goneAfter is how long a node lifecycle controller waits before it says that a
// node does not answer. That of a replay waits as long, at least, after nodes.fail.
const goneAfter = 40 * time.Second

// update is an object as it is now, on its way into the recording.
type update struct {
	recorder *Recorder
	ctx      context.Context
	now      clockFunc
	resource *Resource
	d        kube.Document
	o        *object
	isNew    bool
	deleted  bool // it is gone; this is what it was last
	loose    bool // its revision is of a later change than its times, perhaps
}

// apply records what has changed: ownership, how a pod runs, the manifest, a
// node's state, and that the deletion was asked for.
func (u *update) apply() error {
	o, d := u.o, u.d
	last := *o
	o.rv = revision(kube.Str(d.Object, "metadata", "resourceVersion"))
	o.changed, o.written = newestChange(d.Object, d.Is("", "Node")), newestChange(d.Object, true)
	asked := deletionAsked(d.Object)
	existed := u.isNew && !u.recorder.synced && !o.created.After(u.recorder.begin)
	if existed {
		// What is being deleted is as good as gone, what has ended would run again.
		o.ignored, o.excluded = !asked.IsZero(), o.excluded || u.over()
	}
	if o.ignored {
		return nil
	}
	owner := u.recorder.controller(d)
	made := u.recorder.madeAgain(d, owner)
	if err := u.ownership(owner, made); err != nil {
		return err
	}
	if d.Is("", "Pod") {
		if err := u.pod(owner, made, &last); err != nil {
			return err
		}
	}
	status, since := u.nodeState()
	if !made && !o.excluded && !o.deleting && !u.deleted && (status != "late" || existed) {
		if err := u.manifest(existed, &last); err != nil {
			return err
		}
	}
	if err := u.ready(status, since, existed); err != nil {
		return err
	}
	if err := u.drained(asked, &last); err != nil {
		return err
	}
	return u.asked(asked, &last)
}

// asked records that the deletion of the object was asked for.
func (u *update) asked(when time.Time, last *object) error {
	o := u.o
	if when.IsZero() || o.deleting {
		return nil
	}
	l := journal.Line{At: when, RV: o.rv, Loose: u.loose}
	if u.deleted {
		l.RV = last.rv // the present one is of when it was gone
	}
	if o.body == nil && !u.loose && o.pod != nil {
		// The cascade after the deletion of an owner that tells no time itself.
		o.deleting = true
		l.Op = journal.Mark
		return u.recorder.sink.Write(l)
	}
	return u.recorder.gone(o, l)
}

// over tells what has ended: a replay would run it again.
func (u *update) over() bool {
	phase := kube.Str(u.d.Object, "status", "phase")
	return u.d.Is("", "Pod") && (phase == "Succeeded" || phase == "Failed") || u.d.Is("batch", "Job") && u.d.Finished()
}

// controller names an object's controller.
func (r *Recorder) controller(d kube.Document) *journal.Owner {
	ref := d.ControllerRef()
	if ref == nil {
		return nil
	}
	owner := &journal.Owner{UID: kube.Str(ref, "uid")}
	owner.APIVersion, owner.Kind = kube.Str(ref, "apiVersion"), kube.Str(ref, "kind")
	owner.Namespace, owner.Name = d.Namespace(), kube.Str(ref, "name")
	return owner
}

// madeAgain tells whether a replay makes the object: its controller runs there,
// or the user said that it does. So it is with the claims of pods, too.
func (r *Recorder) madeAgain(d kube.Document, owner *journal.Owner) bool {
	if owner == nil {
		return false
	}
	id, _ := d.Controller()
	if !id.MakesPods() && !r.makes[groupKind{id.Group, id.Kind}] {
		return id.Kind == "Pod" && id.Group == ""
	}
	return d.HoldsPods() || r.makes[groupKind{d.Group(), d.Kind()}]
}

// ownership notes the owner of what is between a pod and its top-level owner.
func (u *update) ownership(owner *journal.Owner, made bool) error {
	known := u.o.controller
	u.o.controller = owner
	if !made || u.d.Is("", "Pod") || known != nil && known.UID == owner.UID {
		return nil
	}
	return u.recorder.sink.Write(journal.Line{
		Op: journal.Owned, At: u.o.created, RV: u.o.rv, Loose: u.loose || !u.isNew, UID: u.o.uid, Controller: owner,
	})
}

// pod records how a pod runs, if that is news.
func (u *update) pod(owner *journal.Owner, made bool, last *object) error {
	var known journal.Pod
	if u.o.pod != nil {
		known = *u.o.pod
	}
	if !made {
		owner = nil
	}
	p := observePod(known, u.d, owner)
	if u.isNew && !u.recorder.synced {
		p.Before = p.Restarts
	}
	u.o.pod = &p
	if p.Bound.IsZero() || samePod(known, p) || u.o.excluded && owner == nil {
		return nil
	}
	l := journal.Line{Op: journal.PodOp, At: u.o.written, RV: u.o.rv, Loose: u.loose, Pod: &p}
	if !l.At.After(last.written) {
		// Changes within a second: the status tells when, by another clock.
		l.At, l.Loose = latestOf(l.At, p.Created, p.Bound, p.Started, p.RunEnd), true
	}
	return u.recorder.sink.Write(l)
}

func samePod(a, b journal.Pod) bool {
	if (a.Controller == nil) != (b.Controller == nil) || a.Controller != nil && *a.Controller != *b.Controller {
		return false
	}
	a.Controller, b.Controller = nil, nil
	return a == b
}

// when is the time of a change: the newest that the object tells, if it is newer
// than what it told before. A change that only removes something tells none.
func (u *update) when(newest, before time.Time) (t time.Time, latest bool) {
	switch {
	case newest.After(before):
		return newest, false
	case u.isNew:
		return u.o.created, false
	}
	return u.now(u.ctx), true
}

// manifest records the object if its manifest changed.
func (u *update) manifest(existed bool, last *object) error {
	o := u.o
	u.resource.clean(u.d, o.keepVolume)
	if u.d.Is("", "Pod") && last.body != nil {
		keepResources(u.d.Object, last.body)
	}
	body, err := encode(u.d.Object)
	if err != nil {
		return err
	}
	if bytes.Equal(body, o.body) {
		return nil
	}
	l := journal.Line{Op: journal.Apply, RV: o.rv, Loose: u.loose, Ref: &o.ref, Object: body}
	switch {
	case existed:
		l.Op, l.At = journal.State, u.recorder.begin
	case u.isNew:
		l.At = o.created
	case u.d.Is("", "Node") && last.body == nil:
		l.At, l.Loose = latestOf(o.created, o.readySince), true // it is ready now
	default:
		l.At, l.Latest = u.when(o.changed, last.changed)
	}
	o.body = body
	return u.recorder.sink.Write(l)
}

// keepResources takes the resources of a pod's containers from what was recorded
// before: a pod that was resized in place cannot be in a replay.
func keepResources(o map[string]any, recorded []byte) {
	var before map[string]any
	if json.Unmarshal(recorded, &before) != nil {
		return
	}
	for _, list := range []string{"containers", "initContainers"} {
		old := kube.List(before, "spec", list)
		for i, c := range kube.List(o, "spec", list) {
			if i < len(old) && kube.Map(c) != nil {
				if v := kube.Field(old[i], "resources"); v != nil {
					kube.Map(c)["resources"] = v
				}
			}
		}
	}
}

// nodeState is the Ready condition of a node: "True", "False" or "Unknown";
// "late" for one that has not been ready so far, "" for all else.
func (u *update) nodeState() (status string, since time.Time) {
	if !u.d.Is("", "Node") {
		return "", since
	}
	status, since = conditionOf(u.d.Object, "Ready")
	switch {
	case status == "True":
		u.o.readySince = since
	case u.o.readySince.IsZero() && !u.o.failed:
		status = "late"
	}
	return status, since
}

// ready records that a node fails or is back. A new one that is not ready yet is
// not in the recording; one that was not ready at the start has failed.
func (u *update) ready(status string, since time.Time, existed bool) error {
	failed := status == "Unknown" || status == "False" || status == "late" && existed
	if status == "" || u.o.body == nil || failed == u.o.failed || status == "late" && !existed {
		return nil
	}
	l := journal.Line{Op: journal.Recover, At: since, RV: u.o.rv, Ref: &u.o.ref}
	switch {
	case existed:
		l.Op, l.At = journal.Fail, u.recorder.begin
	case failed && status == "Unknown":
		l.Op, l.At = journal.Fail, latestOf(since.Add(-goneAfter), u.o.created, u.o.readySince)
	case failed:
		l.Op = journal.Fail
	}
	if l.At.IsZero() {
		l.At, l.Latest = u.now(u.ctx), true
	}
	u.o.failed = failed
	return u.recorder.sink.Write(l)
}
