package sktrace

import (
	"fmt"

	"simk.dev/simk/tracer"
)

// events reads the array of events, calling one before each of them. Now and
// then it lets others run, as tracer.Events does and for the same reason.
func (d *decoder) events(one func(*decoder) error) error {
	n, err := d.arrayLen("events")
	for i := 0; i < n && err == nil; i++ {
		tracer.LetOthersRun(i)
		d.what = fmt.Sprintf("events[%d]", i)
		err = one(d)
	}
	return err
}

// event is one of SimKube's: ts is in Unix seconds.
type event struct {
	ts      int64
	applied []tracer.Object
	deleted []tracer.ObjectRef
}

// event reads the event of that index. Deletions hold a whole manifest or a
// stub, of which only the name counts.
func (d *decoder) event(index int) (*event, error) {
	limit := d.limits.event
	if index == 0 {
		limit = d.limits.head // it becomes the head
	}
	where := fmt.Sprintf("events[%d]", index)
	d.begin(where, limit)
	e := &event{}
	err := d.fields("an event", func(key string) (err error) {
		switch key {
		case "ts":
			e.ts, err = d.integer(key)
			return err
		case "applied_objs":
			return d.list(where, key, func() error {
				o, err := d.object()
				e.applied = append(e.applied, o)
				return err
			})
		case "deleted_objs":
			return d.list(where, key, func() error {
				ref, err := d.ref()
				e.deleted = append(e.deleted, ref)
				return err
			})
		}
		return d.skip(3)
	})
	return e, err
}

// list reads an array of objects.
func (d *decoder) list(where, key string, item func() error) error {
	n, err := d.arrayLen(key)
	for i := 0; i < n && err == nil; i++ {
		d.beginObject(fmt.Sprintf("%s.%s[%d]", where, key, i))
		err = item()
	}
	d.what = where
	return err
}
