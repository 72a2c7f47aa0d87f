package edit

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"simk.dev/simk/tracer"
)

// Slice cuts a part out of the trace: the events from From on and before To.
// What existed at From is there at the start, and offset 0 becomes that instant.
//
// Pods and Jobs that had ended by then, as far as run times are known, stay
// away; a bare pod that was running runs for the rest of its time. Waiting for
// a place is not known and counts as none. A Job that was running starts anew.
type Slice struct {
	// From is the start of the slice; nil: that of the trace.
	From *Duration `json:"from,omitempty"`
	// To is its end; nil: that of the trace.
	To *Duration `json:"to,omitempty"`
}

func (s *Slice) build(*compiler) (stage, error) {
	if s.From == nil && s.To == nil {
		return nil, errors.New("a slice needs from, to or both")
	}
	from, to := time.Duration(0), forever
	if s.From != nil {
		from = s.From.Duration
	}
	if s.To != nil {
		to = s.To.Duration
	}
	if from < 0 || to <= from {
		return nil, fmt.Errorf("from %s to %s is no stretch of time", from, to)
	}
	return func(_ *run, in flow) (flow, error) {
		h := *in.head()
		if h.HasDuration && from >= h.Duration {
			return nil, fmt.Errorf("the trace ends at %s: nothing of it is left from %s on",
				tracer.FormatDuration(h.Duration), tracer.FormatDuration(from))
		}
		h.StartTime = h.StartTime.Add(from)
		switch {
		case h.HasDuration:
			h.Duration = min(h.Duration, to) - from
		case to < forever:
			h.Duration, h.HasDuration = to-from, true
		}
		return &sliced{in: peeked{pull: newPull(in)}, header: h, from: from, to: to, over: tracer.Names[struct{}]{}}, nil
	}, nil
}

type sliced struct {
	in       peeked
	header   header
	from, to time.Duration
	started  bool
	over     tracer.Names[struct{}] // what had ended at from, though nobody deletes it
	nodes    *moment                // the nodes that were away at from
}

func (s *sliced) head() *header { return &s.header }

func (s *sliced) next() (*moment, error) {
	if !s.started {
		s.started = true
		return s.start()
	}
	if s.nodes != nil {
		m := s.nodes
		s.nodes = nil
		return m, nil
	}
	for {
		m, err := s.in.peek()
		if err != nil {
			return nil, err
		}
		if m == nil || m.at >= s.to {
			return nil, io.EOF
		}
		s.in.take()
		m.at -= s.from
		was := m.empty()
		s.drop(m)
		if was || !m.empty() {
			return m, nil
		}
	}
}

// living is an object that exists, and when it came.
type living struct {
	object
	at    time.Duration
	order int
}

// start plays the trace until the slice begins.
func (s *sliced) start() (*moment, error) {
	live := tracer.Names[living]{}
	failed, drained := map[string]bool{}, map[string]bool{}
	order := 0
	for {
		m, err := s.in.peek()
		if err != nil {
			return nil, err
		}
		if m == nil || !m.start && m.at >= s.from {
			break
		}
		s.in.take()
		for _, o := range m.apply {
			l := living{o, m.at, order}
			if old, found := live.Get(o.Ref()); found {
				l.at, l.order = old.at, old.order
			}
			order++
			live.Set(o.Ref(), l)
		}
		for _, r := range m.delete {
			live.Remove(r)
			if is(r, "", "Node") {
				delete(failed, r.Name)
				delete(drained, r.Name)
			}
		}
		follow(m.nodes, failed, drained)
	}
	change := tracer.NodeChange{Fail: slices.Sorted(maps.Keys(failed)), Drain: slices.Sorted(maps.Keys(drained))}
	if !change.Empty() {
		s.nodes = &moment{nodes: change}
	}
	return &moment{start: true, apply: s.remaining(live)}, nil
}

// follow keeps account of the nodes that are away.
func follow(c tracer.NodeChange, failed, drained map[string]bool) {
	for _, n := range c.Fail {
		failed[n] = true
	}
	for _, n := range c.Recover {
		delete(failed, n)
		delete(drained, n)
	}
	for _, n := range c.Drain {
		drained[n] = true
	}
}

// remaining are the objects that are still there, in the order in which they came.
func (s *sliced) remaining(live tracer.Names[living]) []object {
	var all []living
	for _, byName := range live {
		for _, l := range byName {
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b living) int { return cmp.Compare(a.order, b.order) })
	objects := make([]object, 0, len(all))
	for _, l := range all {
		end, known := ends(l.object)
		if !known || s.from == 0 {
			objects = append(objects, l.object)
			continue
		}
		left := l.at + end - s.from
		if left <= 0 {
			s.over.Set(l.Ref(), struct{}{})
			continue
		}
		objects = append(objects, cutRun(l.object, left))
	}
	return objects
}

// drop takes away what a moment says about objects that had ended.
func (s *sliced) drop(m *moment) {
	isOver := func(r tracer.ObjectRef) bool {
		_, made := tracer.MakerOf(r, s.over.Has)
		return made || s.over.Has(r)
	}
	m.apply = slices.DeleteFunc(slices.Clone(m.apply), func(o object) bool { return s.over.Has(o.Ref()) })
	m.delete = slices.DeleteFunc(slices.Clone(m.delete), func(r tracer.ObjectRef) bool {
		gone := isOver(r)
		s.over.Remove(r)
		return gone
	})
	m.pods = slices.DeleteFunc(slices.Clone(m.pods), func(p tracer.PodPick) bool { return isOver(p.Ref) })
}
