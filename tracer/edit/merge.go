package edit

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"time"

	"simk.dev/simk/tracer"
)

// Merge adds another trace. An object that is in both with the same content,
// such as a namespace or a node, is one, and goes when both have deleted it. A
// workload in both, or different content, is a clash: give one a prefix.
type Merge struct {
	Trace string `json:"trace"`
	// Prefix goes before the names of its namespaces, nodes and volumes: objects
	// in namespaces keep their names, so that all they refer to stays right.
	Prefix string `json:"prefix,omitempty"`
	// At is when the other trace begins; what it has at its start is then applied.
	At Duration `json:"at,omitempty"`
}

func (s *Merge) build(c *compiler) (stage, error) {
	path, err := c.file(s.Trace)
	if err != nil {
		return nil, err
	}
	if s.At.Duration < 0 {
		return nil, fmt.Errorf("the time %s is negative: shift the first trace instead", s.At.Duration)
	}
	if err := checkPrefix(s.Prefix); err != nil {
		return nil, err
	}
	if c.Open == nil {
		return nil, fmt.Errorf("trace %s: no way to open traces was given", s.Trace)
	}
	return func(r *run, in flow) (flow, error) {
		source, err := c.Open(path)
		if err != nil {
			return nil, err
		}
		r.opened = append(r.opened, source)
		var other flow = attach(source)
		if s.Prefix != "" {
			other = newPrefixed(other, s.Prefix)
		}
		h := *in.head()
		second := other.head()
		h.lives = h.lives || second.lives
		h.HasDuration = h.HasDuration && second.HasDuration
		h.Duration = max(h.Duration, second.Duration+s.At.Duration)
		if !h.HasDuration {
			h.Duration = 0
		}
		return &merged{
			sides: [2]peeked{{pull: newPull(in)}, {pull: newPull(other)}}, at: s.At.Duration, header: h,
			live: tracer.Names[held]{}, failed: map[string]bool{}, drained: map[string]bool{},
		}, nil
	}, nil
}

// held says which sides have an object, and what it looks like.
type held struct {
	by  [2]bool
	sum uint64
}

type merged struct {
	sides           [2]peeked
	at              time.Duration // by which the second side is later
	header          header
	live            tracer.Names[held]
	failed, drained map[string]bool
}

func (g *merged) head() *header { return &g.header }

func (g *merged) next() (*moment, error) {
	for {
		m, err := g.any()
		if err != nil {
			return nil, err
		}
		if m.start || !m.empty() {
			return m, nil
		}
	}
}

// any returns the next moment of the two, which may be empty now.
func (g *merged) any() (*moment, error) {
	first, err := g.sides[0].peek()
	if err != nil {
		return nil, err
	}
	second, err := g.sides[1].peek()
	if err != nil {
		return nil, err
	}
	switch {
	case first == nil && second == nil:
		return nil, io.EOF
	case first != nil && first.start && g.at == 0 && second != nil && second.start:
		if err := g.side(g.sides[0].take(), 0); err != nil {
			return nil, err
		}
		if err := g.side(g.sides[1].take(), 1); err != nil {
			return nil, err
		}
		first.apply = append(first.apply, second.apply...)
		return first, nil
	case second == nil || first != nil && (first.start || first.at <= second.at+g.at):
		return first, g.side(g.sides[0].take(), 0)
	default:
		g.sides[1].take()
		if second.start {
			asEvent(second)
		}
		second.at += g.at
		return second, g.side(second, 1)
	}
}

// asEvent makes an event of a start. A cluster begins in the order of what depends
// on what; in an event workloads have to come behind the rest to find it.
func asEvent(m *moment) {
	m.start = false
	slices.SortStableFunc(m.apply, func(a, b object) int {
		switch first, second := workload(a), workload(b); {
		case first == second:
			return 0
		case second:
			return -1
		}
		return 1
	})
}

// side lets a moment of one side through.
func (g *merged) side(m *moment, side int) error {
	apply := m.apply[:0:0]
	for _, o := range m.apply {
		again, err := g.hold(o, side)
		if err != nil {
			return m.fail(o, err)
		}
		if !again {
			apply = append(apply, o)
		}
	}
	m.apply = apply
	deleted := m.delete[:0:0]
	for _, r := range m.delete {
		h, found := g.live.Get(r)
		if h.by[side] = false; found && h.by[1-side] {
			g.live.Set(r, h)
			continue
		}
		g.live.Remove(r)
		if is(r, "", "Node") {
			delete(g.failed, r.Name)
			delete(g.drained, r.Name)
		}
		deleted = append(deleted, r)
	}
	m.delete = deleted
	m.nodes = g.nodes(m.nodes)
	return nil
}

// hold notes that a side has an object, and tells whether it is there already,
// from the other side.
func (g *merged) hold(o object, side int) (again bool, err error) {
	ref := o.Ref()
	h, found := g.live.Get(ref)
	mine := found && h.by[side]
	h.by[side] = true
	if !workload(o) {
		text, err := json.Marshal(o.Object.Object)
		if err != nil {
			return false, err
		}
		sum := fnv.New64a()
		_, _ = sum.Write(text)
		again = found && !mine && h.sum == sum.Sum64()
		h.sum = sum.Sum64()
	}
	if found && !mine && !again {
		return false, fmt.Errorf("it is in both traces%s: give one of them a prefix (--prefix)", difference(o))
	}
	g.live.Set(ref, h)
	return again, nil
}

func difference(o object) string {
	if workload(o) {
		return ""
	}
	return ", with different content"
}

// nodes leaves out what happened to a common node on the other side already.
func (g *merged) nodes(c tracer.NodeChange) tracer.NodeChange {
	var out tracer.NodeChange
	for _, n := range c.Fail {
		if !g.failed[n] {
			out.Fail = append(out.Fail, n)
			g.failed[n] = true
		}
	}
	for _, n := range c.Recover {
		if g.failed[n] || g.drained[n] {
			out.Recover = append(out.Recover, n)
			delete(g.failed, n)
			delete(g.drained, n)
		}
	}
	for _, n := range c.Drain {
		out.Drain = append(out.Drain, n)
		g.drained[n] = true
	}
	return out
}
