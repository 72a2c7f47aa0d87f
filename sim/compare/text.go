package compare

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"simk.dev/simk/sim/report"
)

// WriteText writes the table for a terminal, and below it who changed.
func (c *Comparison) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\t%s\n", strings.Join(c.Runs, "\t"))
	for _, row := range c.Rows {
		if row.boring() {
			continue
		}
		cells := []string{row.Label}
		for i, v := range row.Values {
			cells = append(cells, v.text(row.Unit, i > 0))
		}
		fmt.Fprintf(t, "%s\n", strings.Join(cells, "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	var b strings.Builder
	if c.Seeds > 1 {
		fmt.Fprintf(&b, "\n%s\n", spreadNote(c.Seeds))
	}
	for _, note := range c.Notes {
		fmt.Fprintf(&b, "\nNote: %s.\n", note)
	}
	for _, change := range c.Changes {
		change.text(&b, c.Runs[0])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func spreadNote(seeds int) string {
	return fmt.Sprintf("Each value is the mean over %d seeds, with its range; ~ marks a difference within the ranges.", seeds)
}

// boring rows are zero in all runs.
func (r *Row) boring() bool {
	for _, v := range r.Values {
		if v.Missing || v.Min != 0 || v.Max != 0 {
			return false
		}
	}
	return true
}

// text writes a value: its mean, its range over the seeds, and how it differs from
// the first run's.
func (v Value) text(unit Unit, differs bool) string {
	if v.Missing {
		return "-"
	}
	text := unit.text(v.Mean)
	if v.Min != v.Max {
		text += fmt.Sprintf(" [%s, %s]", unit.text(v.Min), unit.text(v.Max))
	}
	if !differs || v.Verdict == Same {
		return text
	}
	return text + " (" + v.change(unit) + ")"
}

// change writes a difference: a fraction of the first run's value where there is
// one, and what it means.
func (v Value) change(unit Unit) string {
	if v.Verdict == Noise {
		return "~"
	}
	text := signed(unit, v.Difference)
	if v.Relative != 0 && unit != Count {
		text = fmt.Sprintf("%+.1f%%", v.Relative*100)
	}
	switch v.Verdict {
	case Good:
		text += " better"
	case Bad:
		text += " WORSE"
	}
	return text
}

func signed(unit Unit, x float64) string {
	if x > 0 {
		return "+" + unit.text(x)
	}
	return "-" + unit.text(-x)
}

func (u Unit) text(x float64) string {
	switch u {
	case Seconds:
		return report.HumanSeconds(x)
	case Fraction:
		return fmt.Sprintf("%.1f%%", x*100)
	case Hours:
		return fmt.Sprintf("%.1f h", x)
	case Money:
		return fmt.Sprintf("%.2f", x)
	default:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0")
	}
}

const shownChanges = 5

func (c Change) text(b *strings.Builder, base string) {
	fmt.Fprintf(b, "\n%s against %s\n", c.Run, base)
	for _, side := range []struct {
		word string
		list []OwnerChange
	}{{"worse", c.WorseOwners}, {"better", c.BetterOwners}} {
		for _, o := range side.list[:min(len(side.list), shownChanges)] {
			fmt.Fprintf(b, "  %-6s  %s: %s\n", side.word, o.Owner, o.text())
		}
	}
	for _, o := range c.MissingOwners[:min(len(c.MissingOwners), shownChanges)] {
		fmt.Fprintf(b, "  absent  %s: %s\n", o.Owner, o.text())
	}
	if c.PodsCompared > 0 {
		fmt.Fprintf(b, "  of %d pods in both, %d waited longer and %d shorter\n", c.PodsCompared, c.PodsWorse, c.PodsBetter)
	}
	for _, side := range []struct {
		word string
		list []PodChange
	}{{"worse", c.WorsePods}, {"better", c.BetterPods}} {
		for _, p := range side.list[:min(len(side.list), shownChanges)] {
			fmt.Fprintf(b, "  %-6s  %s: %s\n", side.word, p.Pod, p.text())
		}
	}
}

// text tells what changed for an owner.
func (o OwnerChange) text() string {
	var parts []string
	add := func(what string, unit Unit, v [2]float64) {
		if v[0] != v[1] {
			parts = append(parts, fmt.Sprintf("%s %s -> %s", what, unit.text(v[0]), unit.text(v[1])))
		}
	}
	add("pending at the end", Count, o.PendingAtEnd)
	add("failed", Count, o.Failed)
	if o.PendingSecondsMean[0] >= 0 && o.PendingSecondsMean[1] >= 0 {
		add("waiting, mean", Seconds, o.PendingSecondsMean)
	}
	return strings.Join(parts, ", ")
}

// text tells which run has no such owner, and how it fared in the other.
func (o MissingOwner) text() string {
	text := "not in " + o.Run
	if o.Unlisted {
		text = "not among the owners that the report of " + o.Run + " lists"
	}
	text += "; in the other run pending at the end " + Count.text(o.PendingAtEnd) + ", failed " + Count.text(o.Failed)
	if o.PendingSecondsMean >= 0 {
		text += ", waiting, mean " + Seconds.text(o.PendingSecondsMean)
	}
	return text
}

func (p PodChange) text() string {
	wait := func(w float64) string {
		if w < 0 {
			return "never bound"
		}
		return Seconds.text(w)
	}
	return "waited " + wait(p.Waited[0]) + " -> " + wait(p.Waited[1])
}
