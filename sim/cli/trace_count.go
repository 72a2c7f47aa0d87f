package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"simk.dev/simk/tracer"
)

// writeTrace writes what a source has to the file that is named, and says how much that was.
func writeTrace(cmd *cobra.Command, o *fileOutput, s tracer.Source) error {
	if err := mayReplace(o.path); err != nil {
		return err
	}
	counted := newCounted(s)
	if err := tracer.WriteFile(o.path, s.Head(), tracer.Events(counted)); err != nil {
		return err
	}
	return o.wrote(cmd, counted)
}

// counted is a trace that counts what passes through it.
type counted struct {
	tracer.Source
	nodes, others, arrivals, events int
	last                            time.Duration
}

func newCounted(s tracer.Source) *counted {
	c := &counted{Source: s}
	for _, o := range s.Head().Objects {
		c.node(o)
	}
	c.others = len(s.Head().Objects) - c.nodes
	return c
}

func (c *counted) node(o tracer.Object) {
	if o.GetKind() == "Node" && o.GetAPIVersion() == "v1" {
		c.nodes++
	}
}

// Next implements tracer.Source.
func (c *counted) Next() (*tracer.Event, error) {
	e, err := c.Source.Next()
	if err != nil {
		return e, err
	}
	c.events++
	c.arrivals += len(e.Apply)
	c.last = e.At
	for _, o := range e.Apply {
		c.node(o)
	}
	return e, nil
}

// String is one line for people: "6 nodes, 3 other
// objects at the start, 156 applied by 124 events within 32m10s, 239 life cycles of 148 owners".
func (c *counted) String() string {
	text := fmt.Sprintf("%s, %s at the start", some(c.nodes, "node"), some(c.others, "other object"))
	if c.events > 0 {
		text += fmt.Sprintf(", %d applied by %s within %s", c.arrivals, some(c.events, "event"), tracer.FormatDuration(c.last))
	}
	if pods := c.lives(); pods > 0 {
		text += fmt.Sprintf(", %s of %s", some(pods, "life cycle"), some(len(c.Head().Lifecycles), "owner"))
	}
	return text
}

// lives is how many life cycles it has.
func (c *counted) lives() (n int) {
	for _, l := range c.Head().Lifecycles {
		n += len(l.Pods)
	}
	return n
}

// written is the same for programs.
type written struct {
	File          string  `json:"file"`
	Nodes         int     `json:"nodes"`
	OtherObjects  int     `json:"otherObjectsAtStart"`
	Events        int     `json:"events"`
	Applied       int     `json:"appliedByEvents"`
	LastAtSeconds float64 `json:"lastEventAtSeconds"`
	Lifecycles    int     `json:"lifecycles"`
	Owners        int     `json:"owners"`
}

func (c *counted) written(path string) written {
	return written{
		File: path, Nodes: c.nodes, OtherObjects: c.others, Events: c.events, Applied: c.arrivals,
		LastAtSeconds: c.last.Seconds(), Lifecycles: c.lives(), Owners: len(c.Head().Lifecycles),
	}
}

func some(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
