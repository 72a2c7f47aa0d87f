package skel

import (
	"errors"
	"io"
	"time"

	"simk.dev/simk/tracer"
)

// Prepare reads a trace that Apply will be given afterwards, opened once more.
// It finds out which owners of life cycles the script leaves, and how they are
// called then; it does not count. Without it Apply knows that only from commands that
// look at nothing but names, since a trace has its life cycles before its
// events. It reads src to the end and does not close it.
func (s *Script) Prepare(src tracer.Source) error {
	before := s.counts
	defer func() { s.counts = before }()
	head := src.Head()
	wanted := map[tracer.ObjectRef]bool{}
	for _, l := range head.Lifecycles {
		wanted[l.Owner.Key()] = true
	}
	s.owners = map[tracer.ObjectRef]tracer.ObjectRef{}
	if len(wanted) == 0 {
		return nil
	}
	look := func(all []tracer.Object, at time.Duration) error {
		for _, o := range all {
			id := o.Ref().Key()
			if !wanted[id] {
				continue
			}
			out, deleted, err := s.run(s.commands, o, at, head.StartTime)
			if err != nil {
				return err
			}
			if _, known := s.owners[id]; !deleted && !known {
				s.owners[id] = out.Ref()
			}
		}
		return nil
	}
	if err := look(head.Objects, 0); err != nil {
		return err
	}
	for e, err := range tracer.Events(src) {
		if err != nil {
			return err
		}
		if err := look(e.Apply, e.At); err != nil {
			return err
		}
	}
	return nil
}

// Apply returns the trace that the script makes of another, while that is read.
// Closing it closes src.
func (s *Script) Apply(src tracer.Source) tracer.Source {
	a := &applied{script: s, src: src, live: tracer.Names[*tracer.ObjectRef]{}}
	head := *src.Head()
	a.head = &head
	head.Objects, a.err = a.objects(head.Objects, 0)
	if a.err == nil {
		head.Lifecycles, a.err = s.lifecycles(head.Lifecycles, head.StartTime)
	}
	return a
}

// lifecycles returns those whose owner remains, under its new name.
func (s *Script) lifecycles(all []tracer.OwnerLifecycles, start time.Time) ([]tracer.OwnerLifecycles, error) {
	before := s.counts // an owner is counted as the object that it is
	defer func() { s.counts = before }()
	kept := make([]tracer.OwnerLifecycles, 0, len(all))
	first := map[tracer.ObjectRef]int{}
	for i, l := range all {
		tracer.LetOthersRun(i)
		if s.owners != nil {
			owner, remains := s.owners[l.Owner.Key()]
			if !remains {
				continue
			}
			l.Owner = owner
		} else if len(s.ever) > 0 {
			o, deleted, err := s.run(s.ever, stub(l.Owner), 0, start)
			if err != nil {
				return nil, err
			}
			if deleted {
				continue
			}
			l.Owner = o.Ref()
		}
		// Two owners may have got the same name: they are one object then.
		if i, twice := first[l.Owner.Key()]; twice {
			kept[i].Pods = append(kept[i].Pods[:len(kept[i].Pods):len(kept[i].Pods)], l.Pods...)
			continue
		}
		first[l.Owner.Key()] = len(kept)
		kept = append(kept, l)
	}
	return kept, nil
}

// applied is a trace on its way through a script.
type applied struct {
	script *Script
	src    tracer.Source
	head   *tracer.Head
	// live are the objects that exist after the script, by what they were before;
	// the value is the new reference, nil if it is the same.
	live  tracer.Names[*tracer.ObjectRef]
	held  *tracer.Event // the last event, if the script emptied it
	index int
	err   error
}

// Head implements tracer.Source.
func (a *applied) Head() *tracer.Head { return a.head }

// Close implements tracer.Source.
func (a *applied) Close() error { return a.src.Close() }

// Next implements tracer.Source.
func (a *applied) Next() (*tracer.Event, error) {
	if a.err != nil {
		return nil, a.err
	}
	e, err := a.next()
	if err != nil {
		a.err = err
		return nil, err
	}
	e.Index = a.index
	a.index++
	return e, nil
}

func (a *applied) next() (*tracer.Event, error) {
	for n := 0; ; n++ {
		tracer.LetOthersRun(n)
		e, err := a.src.Next()
		if errors.Is(err, io.EOF) && a.held != nil {
			// The trace still ends then, though nothing happens there any more.
			e, a.held = a.held, nil
			return e, nil
		}
		if err != nil {
			return nil, err
		}
		out, err := a.event(e)
		if err != nil {
			return nil, err
		}
		if isEmpty(out) && !isEmpty(e) {
			a.held = out
			continue
		}
		a.held = nil
		return out, nil
	}
}

func isEmpty(e *tracer.Event) bool {
	return len(e.Apply) == 0 && len(e.Delete) == 0 && len(e.Pods) == 0 && e.Nodes.Empty()
}

func (a *applied) event(e *tracer.Event) (out *tracer.Event, err error) {
	out = &tracer.Event{At: e.At, Nodes: e.Nodes, Pos: e.Pos}
	if out.Apply, err = a.objects(e.Apply, e.At); err != nil {
		return nil, err
	}
	for _, ref := range e.Delete {
		keep, err := a.delete(&ref, e.At)
		if err != nil {
			return nil, err
		}
		if keep {
			out.Delete = append(out.Delete, ref)
		}
	}
	for _, p := range e.Pods {
		keep, err := a.named(&p.Ref, e.At)
		if err != nil {
			return nil, err
		}
		if keep {
			out.Pods = append(out.Pods, p)
		}
	}
	return out, nil
}

func (a *applied) objects(all []tracer.Object, at time.Duration) ([]tracer.Object, error) {
	var kept []tracer.Object
	for i, o := range all {
		tracer.LetOthersRun(i)
		out, deleted, err := a.script.run(a.script.commands, o, at, a.head.StartTime)
		if err != nil {
			return nil, err
		}
		if deleted {
			continue
		}
		kept = append(kept, out)
		var renamed *tracer.ObjectRef
		if ref := out.Ref(); ref != o.Ref() {
			renamed = &ref
		}
		a.live.Set(o.Ref(), renamed)
	}
	return kept, nil
}

// delete tells whether a deletion remains, and changes the name in it as that of
// the object was changed. What the script left out need not be deleted either.
func (a *applied) delete(ref *tracer.ObjectRef, at time.Duration) (bool, error) {
	was := *ref
	keep, err := a.named(ref, at)
	a.live.Remove(was)
	return keep, err
}

// named is delete for what is only named, and stays: a workload whose pod goes.
func (a *applied) named(ref *tracer.ObjectRef, at time.Duration) (bool, error) {
	_, deleted, err := a.script.runStub(*ref, at, a.head.StartTime)
	if err != nil || deleted {
		return false, err
	}
	if renamed, lives := a.live.Get(*ref); lives {
		if renamed != nil {
			*ref = *renamed
		}
		return true, nil
	}
	maker, made := tracer.MakerOf(*ref, a.live.Has)
	if renamed, _ := a.live.Get(maker); made && renamed != nil {
		*ref = ref.MadeBy(maker, renamed.Name)
		ref.Namespace = renamed.Namespace
	}
	return made, nil
}

// runStub does the script to a deletion, as far as that is possible where only
// the name is known: a test that a field is missing says nothing there. What is
// set has no place to stay, and is not counted.
func (s *Script) runStub(ref tracer.ObjectRef, at time.Duration, start time.Time) (tracer.Object, bool, error) {
	modified := s.counts.Modified
	defer func() { s.counts.Modified = modified }()
	return s.run(s.byName, stub(ref), at, start)
}
