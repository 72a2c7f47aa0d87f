package edit

import (
	"errors"
	"io"

	"simk.dev/simk/tracer"
)

// burst is how many objects an event holds at most: events of one instant are as
// good as one, and one is held in memory as a whole.
const burst = 10_000

// output is a flow as a source.
type output struct {
	run  *run
	flow flow
	head tracer.Head
	rest *moment // of which a part was handed out
	n    int
	// refs guards that what comes out is a valid trace; nil where it goes on.
	refs  *tracer.References
	fault error
}

func newOutput(r *run, f flow, lives []tracer.OwnerLifecycles, last bool) (*output, error) {
	start, err := f.next()
	if err != nil {
		return nil, err
	}
	o := &output{run: r, flow: f, head: f.head().Head}
	o.head.Lifecycles = lives
	o.head.Objects = objectsOf(start.apply)
	if last {
		o.refs = tracer.NewReferences(&o.head, tracer.CheckOptions{}, func(e *tracer.Error) {
			if o.fault == nil {
				o.fault = e
			}
		})
	}
	return o, nil
}

func objectsOf(all []object) []tracer.Object {
	if len(all) == 0 {
		return nil
	}
	out := make([]tracer.Object, len(all))
	for i, o := range all {
		out[i] = o.Object
	}
	return out
}

func (o *output) Head() *tracer.Head { return &o.head }

func (o *output) Close() error { return o.run.Close() }

func (o *output) Next() (*tracer.Event, error) {
	e, err := o.event()
	if err != nil || o.refs == nil {
		return e, err
	}
	if o.refs.Event(e); o.fault != nil {
		return nil, o.fault
	}
	return e, nil
}

func (o *output) event() (*tracer.Event, error) {
	m := o.rest
	if m == nil {
		var err error
		if m, err = o.flow.next(); err != nil {
			return nil, err
		}
	}
	e := &tracer.Event{Index: o.n, At: m.at, Pos: m.pos}
	o.n++
	if o.rest = nil; len(m.apply) > burst {
		e.Apply = objectsOf(m.apply[:burst])
		m.apply = m.apply[burst:]
		o.rest = m
		return e, nil
	}
	e.Apply, e.Delete, e.Pods, e.Nodes = objectsOf(m.apply), m.delete, m.pods, m.nodes
	return e, nil
}

// collect reads a flow to its end, and returns the lifecycles of the owners that
// come out of it, in the order in which they do.
func collect(f flow) ([]tracer.OwnerLifecycles, error) {
	var all []tracer.OwnerLifecycles
	seen := tracer.Names[struct{}]{}
	for {
		m, err := f.next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		for _, o := range m.apply {
			if ref := o.Ref(); len(o.lives) > 0 && !seen.Has(ref) {
				seen.Set(ref, struct{}{})
				all = append(all, tracer.OwnerLifecycles{Owner: ref, Pods: o.lives, Pos: o.Pos})
			}
		}
	}
}
