package record

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"simk.dev/simk/tracer/record/journal"
)

// rotate begins a new part of the recording with all that lives.
func (r *Recorder) rotate(sink Rotator, now time.Time) error {
	begin := r.Begin()
	begin.At = now
	if err := sink.Begin(begin); err != nil {
		return err
	}
	for _, k := range r.inOrder() {
		for _, l := range r.objects[k].lines(now) {
			if err := sink.Write(l); err != nil {
				return err
			}
		}
	}
	return sink.Sync()
}

// inOrder are all objects: resources in their order, then by name.
func (r *Recorder) inOrder() []objectKey {
	order := map[*Resource]int{}
	for i := range r.o.Resources {
		order[&r.o.Resources[i]] = i
	}
	var all []objectKey
	for k := range r.objects {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b objectKey) int {
		return cmp.Or(cmp.Compare(order[a.resource], order[b.resource]),
			strings.Compare(a.namespace, b.namespace), strings.Compare(a.name, b.name))
	})
	return all
}

// lines are what the recording says about an object that lives.
func (o *object) lines(now time.Time) []journal.Line {
	var all []journal.Line
	if o.body != nil && !o.deleting {
		all = append(all, journal.Line{Op: journal.State, At: now, RV: o.rv, Ref: &o.ref, Object: o.body})
		if o.failed {
			all = append(all, journal.Line{Op: journal.Fail, At: now, RV: o.rv, Ref: &o.ref})
		}
	}
	if o.controller != nil && o.pod == nil {
		all = append(all, journal.Line{Op: journal.Owned, UID: o.uid, Controller: o.controller})
	}
	if o.pod != nil && !o.pod.Bound.IsZero() {
		p := *o.pod
		p.Before = p.Restarts
		all = append(all, journal.Line{Op: journal.PodOp, At: now, Pod: &p})
	}
	return all
}
