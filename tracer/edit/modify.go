package edit

import (
	"fmt"

	"simk.dev/simk/tracer"
)

// modified changes objects one by one; where and when they are stays.
type modified struct {
	in     pull
	where  *Where
	may    func(object) bool // which kinds of object the operation is about
	change func(object) (object, error)
	// renamed are the objects that live under another name than in the input.
	renamed tracer.Names[tracer.ObjectRef]
	// taken are their new names, and the old ones to which they belong.
	taken tracer.Names[tracer.ObjectRef]
}

// modify is the stage of an operation that changes objects. The change may
// write into the object it gets.
func (c *compiler) modify(where string, may func(object) bool, change func(object) (object, error)) (stage, error) {
	w, err := NewWhere(where)
	if err != nil {
		return nil, err
	}
	return func(_ *run, in flow) (flow, error) {
		return &modified{
			in: newPull(in), where: w, may: may, change: change,
			renamed: tracer.Names[tracer.ObjectRef]{}, taken: tracer.Names[tracer.ObjectRef]{},
		}, nil
	}, nil
}

func (c *modified) head() *header { return c.in.head() }

func (c *modified) next() (*moment, error) {
	m, err := c.in.next()
	if err != nil {
		return nil, err
	}
	all := make([]object, len(m.apply))
	for i, o := range m.apply {
		if all[i], err = c.one(m, o); err != nil {
			return nil, err
		}
	}
	m.apply = all
	deleted := m.delete[:0:0]
	m.pods = picks(m.pods, c.now)
	for _, r := range m.delete {
		if now, found := c.renamed.Get(r); found {
			c.renamed.Remove(r)
			c.taken.Remove(now)
			r = now
		} else {
			r = c.now(r)
		}
		deleted = append(deleted, r)
	}
	m.nodes.Fail, m.nodes.Recover, m.nodes.Drain = c.nodes(m.nodes.Fail), c.nodes(m.nodes.Recover), c.nodes(m.nodes.Drain)
	m.delete = deleted
	return m, nil
}

// now is what an object, or one that an object's controller makes, is called.
func (c *modified) now(r tracer.ObjectRef) tracer.ObjectRef {
	if now, found := c.renamed.Get(r); found {
		return now
	}
	if maker, found := tracer.MakerOf(r, c.renamed.Has); found {
		now, _ := c.renamed.Get(maker)
		r = r.MadeBy(maker, now.Name)
		r.Namespace = now.Namespace
	}
	return r
}

func (c *modified) one(m *moment, o object) (object, error) {
	if !c.may(o) {
		return o, nil
	}
	matches, err := c.where.matches(m, o)
	if err != nil || !matches {
		return o, err
	}
	changed, err := c.change(o.copied())
	if err != nil {
		return o, m.fail(o, err)
	}
	if now := changed.Ref(); now.Key() != o.Ref().Key() {
		if other, found := c.taken.Get(now); found && other != o.Ref().Key() {
			return o, m.fail(o, fmt.Errorf("it would have the name of what was %s (%s)", other, now))
		}
		c.renamed.Set(o.Ref(), now)
		c.taken.Set(now, o.Ref().Key())
	}
	return changed, nil
}

func (c *modified) nodes(all []string) []string {
	out := all[:0:0]
	for _, name := range all {
		if now, found := c.renamed.Get(nodeRef(name)); found {
			name = now.Name
		}
		out = append(out, name)
	}
	return out
}
