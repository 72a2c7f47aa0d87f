package build

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/internal/kube"
)

// The virtual clock starts in November 2009, and the run's end must be
// representable: an earlier or later start cannot be replayed.
var (
	earliest = time.Date(2009, 11, 11, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Head returns the head of an imported trace. Start is the instant of offset 0
// as the input has it, zero if it has none; the options go before it.
func Head(format string, paths []string, c formats.Common, start time.Time, notes *Notes) *tracer.Head {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = filepath.Base(p)
		if p == kube.StandardInput {
			names[i] = "standard input"
		}
	}
	h := &tracer.Head{
		Name: c.Name, Source: format + ": " + strings.Join(names, ", "),
		StartTime: tracer.DefaultStartTime,
		Duration:  c.Duration, HasDuration: c.Duration > 0,
	}
	if h.Name == "" && len(names) > 0 {
		h.Name, _, _ = strings.Cut(names[0], ".")
	}
	switch {
	case !c.StartTime.IsZero():
		h.StartTime = c.StartTime
	case start.IsZero():
	case start.Before(earliest) || !start.Before(latest):
		notes.Say("the input starts at %s, which cannot be replayed: the trace starts at %s instead, and keeps all distances in time",
			start.UTC().Format(time.RFC3339), h.StartTime.Format(time.RFC3339))
	default:
		h.StartTime = start
	}
	return h
}

// Notes collects what an import leaves out or guesses.
type Notes struct {
	order  []string
	counts map[string]int
}

// Count notes that a row was treated so: "jobs without a run time are left out"
// is told once, with the number of times.
func (n *Notes) Count(reason string) {
	if n.counts == nil {
		n.counts = map[string]int{}
	}
	if n.counts[reason]++; n.counts[reason] == 1 {
		n.order = append(n.order, reason)
	}
}

// Say notes a sentence, without a number.
func (n *Notes) Say(format string, args ...any) {
	n.order = append(n.order, fmt.Sprintf(format, args...))
}

// NoNodes notes that the input says nothing about nodes.
func (n *Notes) NoNodes() {
	n.Say("the input has no nodes, so the trace has none: give them when replaying, with --nodes nodes.yaml")
}

// Tell passes all notes on; warn may be nil.
func (n *Notes) Tell(warn func(string)) {
	if warn == nil {
		return
	}
	for _, reason := range n.order {
		if count := n.counts[reason]; count > 0 {
			reason = fmt.Sprintf("%d %s", count, reason)
		}
		warn(reason)
	}
}
