package edit

import (
	"fmt"
	"hash/fnv"
	"math"
	"time"

	"simk.dev/simk/tracer"
)

// copies lets each object through a number of times: 0 drops it, 1 lets it
// pass, more adds clones. Everything about the object shares its fate.
type copies struct {
	in pull
	// count decides when an object first appears.
	count  func(m *moment, o object) (int, error)
	suffix string
	// delay is how much later than the object its k-th clone comes; nil: not.
	delay func(r tracer.ObjectRef, k int) time.Duration
	// late receives the moments that are delayed.
	late func(*moment)

	live   tracer.Names[int32]
	clones tracer.Names[struct{}]
}

func newCopies(in flow, suffix string, count func(*moment, object) (int, error)) *copies {
	return &copies{in: newPull(in), count: count, suffix: suffix, live: tracer.Names[int32]{}, clones: tracer.Names[struct{}]{}}
}

func (c *copies) head() *header { return c.in.head() }

func (c *copies) next() (*moment, error) {
	for {
		m, err := c.in.next()
		if err != nil {
			return nil, err
		}
		was := m.empty()
		if err := c.moment(m); err != nil {
			return nil, err
		}
		if m.start || was || !m.empty() || c.late != nil {
			return m, nil
		}
	}
}

func (c *copies) moment(m *moment) error {
	all := m.apply[:0:0]
	for _, o := range m.apply {
		n, err := c.fate(m, o)
		if err != nil {
			return err
		}
		if n > 0 {
			all = append(all, o)
		}
		for k := 1; k < n; k++ {
			clone := cloneOf(o, c.suffix, k)
			if err := c.claim(m, o, clone.Ref()); err != nil {
				return err
			}
			if d := c.delayOf(o.Ref(), k); d > 0 {
				c.late(&moment{at: m.at + d, apply: []object{clone}, pos: m.pos})
				continue
			}
			all = append(all, clone)
		}
	}
	m.apply = all
	m.nodes = tracer.NodeChange{Fail: c.nodes(m.nodes.Fail), Recover: c.nodes(m.nodes.Recover), Drain: c.nodes(m.nodes.Drain)}
	m.delete = c.deletes(m)
	m.pods = c.picks(m.pods)
	return nil
}

// fate is how often an object exists.
func (c *copies) fate(m *moment, o object) (int, error) {
	if n, known := c.live.Get(o.Ref()); known {
		return int(n), nil
	}
	if c.clones.Has(o.Ref()) {
		return 0, m.fail(o, clash(c.suffix))
	}
	n, err := c.count(m, o)
	if err != nil {
		return 0, err
	}
	c.live.Set(o.Ref(), int32(n))
	return n, nil
}

// claim takes the name of a clone.
func (c *copies) claim(m *moment, o object, r tracer.ObjectRef) error {
	if c.live.Has(r) {
		return m.fail(o, fmt.Errorf("its clone %s: %w", r, clash(c.suffix)))
	}
	c.clones.Set(r, struct{}{})
	return nil
}

func clash(suffix string) error {
	return fmt.Errorf("a clone and another object have the same name: give clones another suffix than %q (--suffix)", suffix)
}

func (c *copies) deletes(m *moment) []tracer.ObjectRef {
	all := m.delete[:0:0]
	for _, r := range m.delete {
		n, known := c.live.Get(r)
		if maker, made := tracer.MakerOf(r, c.live.Has); !known && made {
			all = append(all, c.made(r, maker)...)
			continue
		}
		if !known {
			n = 1 // a fault of the input, which is not ours to hide
		}
		if n > 0 {
			all = append(all, r)
		}
		for k := 1; k < int(n); k++ {
			clone := r
			clone.Name = cloneName(r, c.suffix, k)
			if d := c.delayOf(r, k); d > 0 {
				c.late(&moment{at: m.at + d, delete: []tracer.ObjectRef{clone}, pos: m.pos})
				continue
			}
			c.clones.Remove(clone)
			all = append(all, clone)
		}
		c.live.Remove(r)
	}
	return all
}

// made are an object that a controller makes, and those that the controllers of the maker's
// clones make. A clone that comes later has its own at another time, which is left alone.
func (c *copies) made(r, maker tracer.ObjectRef) []tracer.ObjectRef {
	var all []tracer.ObjectRef
	n, _ := c.live.Get(maker)
	if n > 0 {
		all = append(all, r)
	}
	for k := 1; k < int(n) && c.delay == nil; k++ {
		all = append(all, r.MadeBy(maker, cloneName(maker, c.suffix, k)))
	}
	return all
}

// picks are the pods that a moment deletes or evicts, of clones too.
func (c *copies) picks(all []tracer.PodPick) []tracer.PodPick {
	out := all[:0:0]
	for _, p := range all {
		n, known := c.live.Get(p.Ref)
		maker, made := tracer.MakerOf(p.Ref, c.live.Has)
		refs := []tracer.ObjectRef{p.Ref}
		switch {
		case known && n == 0:
			refs = nil
		case known:
			for k := 1; k < int(n) && c.delay == nil; k++ {
				clone := p.Ref
				clone.Name = cloneName(p.Ref, c.suffix, k)
				refs = append(refs, clone)
			}
		case made:
			refs = c.made(p.Ref, maker)
		}
		for _, r := range refs {
			p.Ref = r
			out = append(out, p)
		}
	}
	return out
}

func (c *copies) delayOf(r tracer.ObjectRef, k int) time.Duration {
	if c.delay == nil {
		return 0
	}
	return c.delay(r, k)
}

func (c *copies) nodes(all []string) []string {
	out := all[:0:0]
	for _, name := range all {
		n, known := c.live.Get(nodeRef(name))
		if !known || n > 0 {
			out = append(out, name)
		}
		for k := 1; k < int(n); k++ {
			out = append(out, cloneName(nodeRef(name), c.suffix, k))
		}
	}
	return out
}

// cloneOf is the k-th clone of an object.
func cloneOf(o object, suffix string, k int) object {
	clone := o.copied()
	name := cloneName(o.Ref(), suffix, k)
	if isNode(o) {
		renameNode(clone, name)
	} else {
		clone.SetName(name)
	}
	return clone
}

// nameLimit is how long the name of an object may be: those of pods that
// controllers make are longer than theirs.
func nameLimit(kind string) int {
	switch kind {
	case "CronJob", "StatefulSet":
		return 52
	case "Job", "Namespace", "Service", "Deployment", "ReplicaSet":
		return 63
	}
	return 253
}

// cloneName is the name of the k-th clone. One that is too long is cut, and a
// hash of all of it keeps it apart from others.
func cloneName(r tracer.ObjectRef, suffix string, k int) string {
	end := fmt.Sprintf("%s%d", suffix, k)
	if limit := nameLimit(r.Kind); len(r.Name)+len(end) > limit {
		h := fnv.New32a()
		_, _ = h.Write([]byte(r.Name))
		return fmt.Sprintf("%s-%08x%s", r.Name[:max(0, min(len(r.Name), limit-len(end)-9))], h.Sum32(), end)
	}
	return r.Name + end
}

// times is how often an object exists if all of its kind are scaled by a factor:
// chance decides about the fraction.
func times(factor float64, luck float64) int {
	whole := math.Floor(factor)
	if luck < factor-whole {
		whole++
	}
	return int(whole)
}
