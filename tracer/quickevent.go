package tracer

import (
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// quickEvent reads the next event if it can be read quickly. If not, the
// decoder stands before it.
func (r *Reader) quickEvent() (*Event, bool) {
	q, d := r.d.quick, r.d
	if q == nil {
		return nil, false
	}
	first := r.next == 0
	var err error
	if !r.quick {
		err = q.start(d.offset(), first)
		r.quick = true
	}
	var event *Event
	if err == nil {
		event, err = r.tryEvent()
	}
	if err != nil {
		r.quick = false
		d.restart(q.at, first)
		return nil, false
	}
	q.at = q.offset()
	q.text.Mark(q.at)
	r.next++
	r.last = event.At
	return event, true
}

// tryEvent is readEvent for an event without faults.
func (r *Reader) tryEvent() (*Event, error) {
	q := r.d.quick
	if err := q.open('{'); err != nil {
		return nil, err
	}
	event := &Event{Index: r.next, Pos: r.d.position(q.offset() - 1)}
	var seen struct{ at, apply, delete, nodes bool }
	err := q.fieldsOpen(func(key string) (err error) {
		switch key {
		case "at":
			event.At, err = r.tryAt()
			return once(&seen.at, err)
		case "apply":
			event.Apply, err = r.d.quickObjects()
			return once(&seen.apply, err)
		case "delete":
			err = q.items(func() error {
				ref, err := q.ref()
				event.Delete = append(event.Delete, ref)
				return err
			})
			return once(&seen.delete, err)
		case "nodes":
			event.Nodes, err = q.nodeChange()
			return once(&seen.nodes, err)
		}
		return errUnusual
	})
	if err == nil && !seen.at {
		err = errUnusual
	}
	return event, err
}

// once finds a key that was seen before.
func once(seen *bool, err error) error {
	if err == nil && *seen {
		err = errUnusual
	}
	*seen = true
	return err
}

func (r *Reader) tryAt() (time.Duration, error) {
	s, err := r.d.quick.string()
	if err != nil {
		return 0, err
	}
	at, err := time.ParseDuration(s)
	if err != nil {
		return 0, err
	}
	if problem, _ := r.badAt(at); at < 0 || problem != "" {
		return 0, errUnusual
	}
	return at, nil
}

func (d *decoder) quickObjects() ([]Object, error) {
	q := d.quick
	var all []Object
	err := q.items(func() error {
		m := map[string]any{}
		if err := q.open('{'); err != nil {
			return err
		}
		pos := d.position(q.offset() - 1)
		err := q.fieldsOpen(func(key string) (err error) {
			m[key], err = q.value(MaxDepth - 1)
			return err
		})
		if err != nil {
			return err
		}
		if badObject(m) != "" {
			return errUnusual
		}
		all = append(all, Object{&unstructured.Unstructured{Object: m}, pos})
		return nil
	})
	return all, err
}

func (q *quick) ref() (ref ObjectRef, err error) {
	var seen struct{ apiVersion, kind, namespace, name bool }
	err = q.fields(func(key string) (err error) {
		switch key {
		case "apiVersion":
			ref.APIVersion, err = q.name()
			return once(&seen.apiVersion, err)
		case "kind":
			ref.Kind, err = q.name()
			return once(&seen.kind, err)
		case "namespace":
			ref.Namespace, err = q.string()
			return once(&seen.namespace, err)
		case "name":
			ref.Name, err = q.name()
			return once(&seen.name, err)
		}
		return errUnusual
	})
	if err == nil && (!seen.apiVersion || !seen.kind || !seen.name || badVersion(ref.APIVersion) != "" || hasControls(ref.Namespace)) {
		err = errUnusual
	}
	return ref, err
}

func (q *quick) nodeChange() (c NodeChange, err error) {
	var seen struct{ fail, recover, drain bool }
	err = q.fields(func(key string) (err error) {
		switch key {
		case "fail":
			c.Fail, err = q.names()
			return once(&seen.fail, err)
		case "recover":
			c.Recover, err = q.names()
			return once(&seen.recover, err)
		case "drain":
			c.Drain, err = q.names()
			return once(&seen.drain, err)
		}
		return errUnusual
	})
	return c, err
}

func (q *quick) names() ([]string, error) {
	var all []string
	err := q.items(func() error {
		s, err := q.name()
		all = append(all, s)
		return err
	})
	return all, err
}
