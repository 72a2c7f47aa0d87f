package cli

import (
	"github.com/spf13/cobra"

	"simk.dev/simk/sim/input"
	"simk.dev/simk/tracer"
)

// writeTrace writes what a source has to the file that is named, and says how much that was.
func writeTrace(cmd *cobra.Command, o *fileOutput, s tracer.Source) error {
	if err := mayReplace(o.path); err != nil {
		return err
	}
	counted := input.Count(s)
	if err := tracer.WriteFile(o.path, s.Head(), tracer.Events(counted)); err != nil {
		return err
	}
	return o.wrote(cmd, counted)
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

func writtenOf(c *input.Counted, path string) written {
	return written{
		File: path, Nodes: c.Nodes, OtherObjects: c.Others, Events: c.Events, Applied: c.Arrivals,
		LastAtSeconds: c.Last.Seconds(), Lifecycles: c.Lives(), Owners: len(c.Head().Lifecycles),
	}
}
