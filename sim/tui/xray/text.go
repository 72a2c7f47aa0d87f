package xray

import (
	"bufio"
	"fmt"
	"io"

	"simk.dev/simk/sim/tui"
)

// WriteText lists what the view would show, for those without a terminal: what
// happens, a line each, and then what was found.
func WriteText(w io.Writer, t Trace) error {
	x := read(t)
	out := bufio.NewWriter(w)
	for i := range x.changes {
		c := &x.changes[i]
		fmt.Fprintf(out, "%-12s %-7s %s  %s\n", when(c), c.verb, tui.Clean(c.ref.String()), c.badge)
	}
	for _, f := range x.findings {
		fmt.Fprintf(out, "%s  %s  %s\n", tui.Clean(f.Position()), f.Code, tui.Clean(f.Message))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return x.err
}
