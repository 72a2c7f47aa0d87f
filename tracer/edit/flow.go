package edit

import (
	"errors"
	"io"
	"math"
	"time"

	"simk.dev/simk/tracer"
)

// flow is a trace on its way from one operation to the next. Unlike in a
// tracer.Source, the objects of the start come as the first moment, and
// lifecycles travel with their owners: an operation that renames, drops or
// clones an object does the same to them without knowing.
type flow interface {
	// head returns what the trace is called and how long it is.
	head() *header
	// next returns the next moment; the first one is the start. io.EOF ends it.
	next() (*moment, error)
}

// header is the head of a trace without its objects and lifecycles.
type header struct {
	tracer.Head
	lives bool // whether any object may carry lifecycles
}

// moment is the start of a trace, or an event.
type moment struct {
	start bool
	// index counts the events that come to an operation, from 0; -1 at the start.
	index  int
	at     time.Duration
	apply  []object
	delete []tracer.ObjectRef
	pods   []tracer.PodPick
	nodes  tracer.NodeChange
	pos    tracer.Position
}

// object is a Kubernetes object, and how its pods ran if that was recorded.
type object struct {
	tracer.Object
	lives []tracer.Lifecycle
}

// copied is the object with content that may be changed.
func (o object) copied() object {
	o.Unstructured = o.DeepCopy()
	return o
}

func (m *moment) empty() bool {
	return len(m.apply) == 0 && len(m.delete) == 0 && len(m.pods) == 0 && m.nodes.Empty()
}

// where says where a moment stands in the input, for errors.
func (m *moment) where(o tracer.Object) tracer.Position {
	if o.Pos.Line > 0 {
		return o.Pos
	}
	return m.pos
}

// fail is an error about an object of the trace.
func (m *moment) fail(o object, err error) error {
	var known *tracer.Error
	if errors.As(err, &known) {
		return err
	}
	return &tracer.Error{Pos: m.where(o.Object), Event: m.index, Msg: o.Ref().String(), Err: err}
}

// attached is a source as a flow.
type attached struct {
	source  tracer.Source
	header  header
	lives   map[tracer.ObjectRef][]tracer.Lifecycle
	started bool
	index   int
}

func attach(s tracer.Source) *attached {
	a := &attached{source: s, header: header{Head: *s.Head()}, lives: map[tracer.ObjectRef][]tracer.Lifecycle{}}
	for _, l := range a.header.Lifecycles {
		a.lives[l.Owner.Key()] = l.Pods
	}
	a.header.lives = len(a.lives) > 0
	a.header.Objects, a.header.Lifecycles = nil, nil
	return a
}

func (a *attached) head() *header { return &a.header }

func (a *attached) next() (*moment, error) {
	if !a.started {
		a.started = true
		return &moment{start: true, index: -1, apply: a.attach(a.source.Head().Objects)}, nil
	}
	tracer.LetOthersRun(a.index)
	e, err := a.source.Next()
	if err != nil {
		return nil, err
	}
	a.index++
	return &moment{index: a.index - 1, at: e.At, apply: a.attach(e.Apply), delete: e.Delete, pods: e.Pods, nodes: e.Nodes, pos: e.Pos}, nil
}

func (a *attached) attach(objects []tracer.Object) []object {
	all := make([]object, len(objects))
	for i, o := range objects {
		all[i].Object = o
		if a.header.lives {
			all[i].lives = a.lives[o.Ref().Key()]
		}
	}
	return all
}

// pull returns the next moment of a flow, numbered for the operation that asks.
type pull struct {
	flow
	count int
}

func newPull(f flow) pull { return pull{flow: f, count: -1} }

func (p *pull) next() (*moment, error) {
	m, err := p.flow.next()
	if err != nil {
		return nil, err
	}
	m.index = p.count
	p.count++
	return m, nil
}

// peeked is a pull of which the next moment can be seen before it is taken.
type peeked struct {
	pull
	waiting *moment
}

// peek returns the next moment without taking it; nil at the end.
func (p *peeked) peek() (*moment, error) {
	if p.waiting == nil {
		m, err := p.next()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		p.waiting = m
	}
	return p.waiting, nil
}

func (p *peeked) take() *moment {
	m := p.waiting
	p.waiting = nil
	return m
}

// forever is later than any event.
const forever = time.Duration(math.MaxInt64)
