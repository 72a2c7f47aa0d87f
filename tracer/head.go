package tracer

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"simk.dev/simk/tracer/internal/source"
)

// The instants of a run must be representable in nanoseconds since 1970.
var (
	firstStart = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	lastStart  = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
	lastEnd    = time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC)
)

// errEvents ends the reading of the head where the events begin.
var errEvents = errors.New("events begin")

// readHead reads everything but the events: what stands before them, and behind. It leaves the
// decoder before the first event, or at the end of a trace without any.
func (r *Reader) readHead(again func() (*source.File, error)) error {
	d := r.d
	r.head = &Head{StartTime: DefaultStartTime}
	d.begin("everything before the events", d.limits.head)
	if err := d.startTrace(); err != nil {
		return err
	}
	err := r.readFields()
	events := errors.Is(err, errEvents)
	if events {
		err = r.readLate(again)
	}
	if err == nil {
		err = r.checkHead()
	}
	if err != nil || events {
		return err
	}
	if r.err = r.end(); !errors.Is(r.err, io.EOF) {
		return r.err
	}
	return nil
}

// readFields reads the keys of the trace up to the end, or to behind the opening bracket of its
// events: then the error is errEvents.
func (r *Reader) readFields() error {
	d := r.d
	return d.fieldsOpen("the trace", topKeys, func(key string) error {
		if r.seen[key] {
			return d.errorf("duplicate key %q in the trace", key)
		}
		r.seen[key] = true
		switch key {
		case "apiVersion":
			return d.want(key, APIVersion)
		case "kind":
			return d.want(key, Kind)
		case "events":
			if err := d.open('[', key); err != nil {
				return err
			}
			return errEvents
		}
		return r.readHeadField(key)
	})
}

// checkHead finds what is missing or wrong in all of it together.
func (r *Reader) checkHead() error {
	d := r.d
	if !r.seen["apiVersion"] {
		return d.errorf("apiVersion is missing: a trace has %q", APIVersion)
	}
	if !r.seen["kind"] {
		return d.errorf("kind is missing: a trace has %q", Kind)
	}
	r.latest = lastEnd.Sub(r.head.StartTime)
	if r.head.Duration > r.latest {
		return d.errorf("startTime and duration lead beyond the year %d", lastEnd.Year()-1)
	}
	return nil
}

func (r *Reader) readHeadField(key string) (err error) {
	d, h := r.d, r.head
	switch key {
	case "$schema":
		_, err = d.string(key) // for editors; its version is apiVersion
	case "metadata":
		return d.readMetadata(h)
	case "duration":
		h.HasDuration = true
		h.Duration, err = d.duration(key)
	case "objects":
		h.Objects, err = d.objects(key)
	case "lifecycles":
		h.Lifecycles, err = d.lifecycles()
	}
	return err
}

// want reads apiVersion or kind.
func (d *decoder) want(key, value string) error {
	found, err := d.string(key)
	if err != nil || found == value {
		return err
	}
	if key == "apiVersion" && strings.HasPrefix(found, "simk.dev/") {
		return d.errorf("this simk reads %s, found apiVersion %q", APIVersion, shorten(found))
	}
	return d.errorf("not a trace: want %s %q, found %q (convert Kubernetes manifests with: simk trace import manifests)",
		key, value, shorten(found))
}

func (d *decoder) readMetadata(h *Head) error {
	return d.fields("metadata", metadataKeys, func(key string) (err error) {
		switch key {
		case "name":
			h.Name, err = d.string(key)
		case "description":
			h.Description, err = d.string(key)
		case "source":
			h.Source, err = d.string(key)
		case "startTime":
			h.StartTime, err = d.instant(key)
		}
		return err
	})
}

func (d *decoder) instant(key string) (time.Time, error) {
	s, err := d.string(key)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, d.errorf(`%s: %q is not an instant such as "2026-03-02T06:00:00Z" (RFC 3339)`, key, shorten(s))
	}
	if t.Before(firstStart) || !t.Before(lastStart) {
		return time.Time{}, d.errorf("%s: %s is not between the years %d and %d", key, shorten(s), firstStart.Year(), lastStart.Year())
	}
	return t.UTC(), nil
}

func (d *decoder) lifecycles() ([]OwnerLifecycles, error) {
	var all []OwnerLifecycles
	first := map[ObjectRef]int{} // line of an owner's entry
	err := d.items("lifecycles", func() error {
		one, err := d.ownerLifecycles()
		if err != nil {
			return err
		}
		key := one.Owner.Key()
		if line, found := first[key]; found {
			return d.errorAt(one.Pos, "duplicate owner %s: it has lifecycles on line %d already", one.Owner, line)
		}
		first[key] = one.Pos.Line
		all = append(all, one)
		return nil
	})
	return all, err
}

func (d *decoder) ownerLifecycles() (one OwnerLifecycles, err error) {
	if err := d.open('{', "an entry of lifecycles"); err != nil {
		return one, err
	}
	one.Pos = d.pos()
	hasOwner := false
	err = d.fieldsOpen("an entry of lifecycles", ownerPodsKeys, func(key string) (err error) {
		switch key {
		case "owner":
			hasOwner = true
			one.Owner, err = d.ref(key)
		case "pods":
			err = d.items(key, func() error {
				pod, err := d.lifecycle()
				one.Pods = append(one.Pods, pod)
				return err
			})
		}
		return err
	})
	if err != nil {
		return one, err
	}
	if !hasOwner {
		return one, d.errorAt(one.Pos, "owner is missing in an entry of lifecycles")
	}
	if len(one.Pods) == 0 {
		return one, d.errorAt(one.Pos, "the lifecycles of %s have no pods", one.Owner)
	}
	return one, nil
}

func (d *decoder) lifecycle() (pod Lifecycle, err error) {
	err = d.fields("an entry of pods", lifecycleKeys, func(key string) (err error) {
		switch key {
		case "startDelay":
			pod.StartDelay, err = d.duration(key)
		case "runFor":
			pod.HasRunFor = true
			pod.RunFor, err = d.duration(key)
		case "exitCode":
			pod.ExitCode, err = d.integer(key, 255)
		case "restarts":
			pod.Restarts, err = d.integer(key, 1<<31-1)
		case "node":
			pod.Node, err = d.string(key)
		case "pending":
			pod.HasPending = true
			pod.Pending, err = d.duration(key)
		}
		return err
	})
	return pod, err
}

// ref reads a reference to an object.
func (d *decoder) ref(where string) (ref ObjectRef, err error) {
	if err := d.open('{', where); err != nil {
		return ref, err
	}
	pos := d.pos()
	err = d.fieldsOpen(where, refKeys, func(key string) error { return d.refField(&ref, key) })
	if err != nil {
		return ref, err
	}
	return ref, d.checkRef(pos, ref, where)
}

// refField reads a field of a reference.
func (d *decoder) refField(ref *ObjectRef, key string) (err error) {
	switch key {
	case "apiVersion":
		ref.APIVersion, err = d.name(key)
	case "kind":
		ref.Kind, err = d.name(key)
	case "namespace":
		ref.Namespace, err = d.string(key)
	case "name":
		ref.Name, err = d.name(key)
	}
	return err
}

// checkRef finds what is missing in a reference.
func (d *decoder) checkRef(pos Position, ref ObjectRef, where string) error {
	for _, f := range []struct{ key, value string }{{"apiVersion", ref.APIVersion}, {"kind", ref.Kind}, {"name", ref.Name}} {
		if f.value == "" {
			return d.errorAt(pos, "%s is missing in %s", f.key, where)
		}
	}
	if problem := badVersion(ref.APIVersion); problem != "" {
		return d.errorAt(pos, "%s: %s", where, problem)
	}
	if hasControls(ref.Namespace) {
		return d.errorAt(pos, "%s: %s", where, controlsIn("namespace", ref.Namespace))
	}
	return nil
}

// badVersion says what is wrong with an apiVersion.
func badVersion(v string) string {
	if strings.Count(v, "/") > 1 || v == "" || v[0] == '/' || v[len(v)-1] == '/' {
		return fmt.Sprintf(`apiVersion %q is neither "version" nor "group/version"`, shorten(v))
	}
	return ""
}
