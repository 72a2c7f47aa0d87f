package input

import (
	"fmt"
	"time"

	"simk.dev/simk/tracer"
)

// Counted is a trace that counts what passes through it.
type Counted struct {
	tracer.Source
	// Nodes and Others are how many nodes and other objects there are, nodes that events apply
	// among them; Arrivals how many objects Events apply, and Last is when the last of these is.
	Nodes, Others, Arrivals, Events int
	Last                            time.Duration
}

// Count begins to count.
func Count(s tracer.Source) *Counted {
	c := &Counted{Source: s}
	for _, o := range s.Head().Objects {
		c.node(o)
	}
	c.Others = len(s.Head().Objects) - c.Nodes
	return c
}

func (c *Counted) node(o tracer.Object) {
	if o.GetKind() == "Node" && o.GetAPIVersion() == "v1" {
		c.Nodes++
	}
}

// Next implements tracer.Source.
func (c *Counted) Next() (*tracer.Event, error) {
	e, err := c.Source.Next()
	if err != nil {
		return e, err
	}
	c.Events++
	c.Arrivals += len(e.Apply)
	c.Last = e.At
	for _, o := range e.Apply {
		c.node(o)
	}
	return e, nil
}

// String is one line for people: "6 nodes, 3 other
// objects at the start, 156 applied by 124 events within 32m10s, 239 life cycles of 148 owners".
func (c *Counted) String() string {
	text := fmt.Sprintf("%s, %s at the start", some(c.Nodes, "node"), some(c.Others, "other object"))
	if c.Events > 0 {
		text += fmt.Sprintf(", %d applied by %s within %s", c.Arrivals, some(c.Events, "event"), tracer.FormatDuration(c.Last))
	}
	if pods := c.Lives(); pods > 0 {
		text += fmt.Sprintf(", %s of %s", some(pods, "life cycle"), some(len(c.Head().Lifecycles), "owner"))
	}
	return text
}

// Lives is how many life cycles it has.
func (c *Counted) Lives() (n int) {
	for _, l := range c.Head().Lifecycles {
		n += len(l.Pods)
	}
	return n
}

func some(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
