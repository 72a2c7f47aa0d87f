// Package xray browses a trace: its objects and events, the recorded lives of pods
// and what simk trace validate finds, with a search over all of it. It reads the
// trace and touches no cluster.
package xray

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/validate"
)

// Trace is what to browse; it is read more than once.
type Trace struct {
	Name     string
	Open     func() (tracer.Source, error)
	Validate func() ([]*validate.Report, error)
	// Rest is called now and then on the way through the events: the view may draw and
	// hear keys meanwhile. Nil: nobody waits.
	Rest func()
}

// restEvery is how many events pass between two rests.
const restEvery = 256

func (t *Trace) rest(n int) {
	if t.Rest != nil && n%restEvery == 0 {
		t.Rest()
	}
}

// maxChanges bounds the list, and with it the memory: an entry takes some hundred
// bytes, whatever the object's size. Objects of events are read when they are looked at.
const maxChanges = 2_000_000

// change is one thing that happens to an object or a node.
type change struct {
	event int // -1: it is there at the start
	at    time.Duration
	verb  string
	ref   tracer.ObjectRef
	// badge are the codes of findings about it.
	badge string
}

// index is a trace's table of contents.
type index struct {
	head     *tracer.Head
	changes  []change
	events   int
	findings []*validate.Finding
	// errors and warnings are how many of each the findings are.
	errors, warnings int
	// err is why the rest of the trace is missing.
	err error
}

// read makes the index of a trace. What cannot be read ends it: the index is of what
// comes before.
func read(t Trace) *index {
	x := &index{}
	if x.err = x.list(t); x.err == nil || x.head != nil {
		reports, err := t.Validate()
		x.err = errors.Join(x.err, err)
		for _, r := range reports {
			x.findings = append(x.findings, r.Findings...)
			x.errors += r.Errors
			x.warnings += r.Warnings
		}
		x.addBadges()
	}
	return x
}

func (x *index) list(t Trace) error {
	source, err := t.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	x.head = source.Head()
	texts := texts{}
	add := func(event int, at time.Duration, verb string, ref tracer.ObjectRef) {
		x.changes = append(x.changes, change{event: event, at: at, verb: verb, ref: texts.once(ref)})
	}
	for _, o := range x.head.Objects {
		add(-1, 0, "start", o.Ref())
	}
	for e, err := range tracer.Events(source) {
		if err != nil {
			return err
		}
		if len(x.changes) >= maxChanges {
			return fmt.Errorf("the trace has more than %d changes: only the first are here; "+
				"simk trace edit --from --to cuts a piece out", maxChanges)
		}
		x.events++
		t.rest(x.events)
		for _, o := range e.Apply {
			add(e.Index, e.At, "apply", o.Ref())
		}
		for _, ref := range e.Delete {
			add(e.Index, e.At, "delete", ref)
		}
		for _, p := range e.Pods {
			verb := "delete"
			if p.Evict {
				verb = "evict"
			}
			if p.ByOwner {
				verb += fmt.Sprintf(" pod %d", p.Index)
			}
			add(e.Index, e.At, verb, p.Ref)
		}
		for _, nodes := range []struct {
			verb  string
			names []string
		}{{"fail", e.Nodes.Fail}, {"recover", e.Nodes.Recover}, {"drain", e.Nodes.Drain}} {
			for _, name := range nodes.names {
				add(e.Index, e.At, nodes.verb, tracer.ObjectRef{APIVersion: "v1", Kind: "Node", Name: name})
			}
		}
	}
	return nil
}

// texts holds each text of an object's reference once: namespaces and kinds recur.
type texts map[string]string

func (t texts) once(ref tracer.ObjectRef) tracer.ObjectRef {
	for _, text := range []*string{&ref.APIVersion, &ref.Kind, &ref.Namespace} {
		known, ok := t[*text]
		if !ok {
			known = strings.Clone(*text)
			t[known] = known
		}
		*text = known
	}
	return ref
}

// addBadges puts the codes of findings beside the changes that they are about.
func (x *index) addBadges() {
	type place struct {
		event int
		ref   tracer.ObjectRef
	}
	codes := map[place]string{}
	for _, f := range x.findings {
		if f.Object == nil {
			continue
		}
		p := place{-1, refOf(f.Object).Key()}
		if f.Event != nil {
			p.event = *f.Event
		}
		codes[p] = strings.TrimSpace(codes[p] + " " + f.Code)
	}
	for i := range x.changes {
		c := &x.changes[i]
		c.badge = codes[place{c.event, c.ref.Key()}]
	}
}

func refOf(o *validate.Object) tracer.ObjectRef {
	return tracer.ObjectRef{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name}
}

// find reads an object out of the trace.
func (x *index) find(t Trace, c change) (tracer.Object, error) {
	if c.event < 0 {
		return pick(x.head.Objects, c)
	}
	source, err := t.Open()
	if err != nil {
		return tracer.Object{}, err
	}
	defer source.Close()
	for e, err := range tracer.Events(source) {
		if err != nil {
			return tracer.Object{}, err
		}
		t.rest(e.Index)
		if e.Index == c.event {
			return pick(e.Apply, c)
		}
	}
	return pick(nil, c)
}

func pick(objects []tracer.Object, c change) (tracer.Object, error) {
	for _, o := range objects {
		if o.Ref() == c.ref {
			return o, nil
		}
	}
	return tracer.Object{}, fmt.Errorf("%s is no longer in the trace: has the file changed?", c.ref)
}
