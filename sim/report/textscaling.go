package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// autoscaling says in a few lines which nodes came and went, and what for.
func (t *text) autoscaling(a *Autoscaling) {
	if a == nil {
		return
	}
	t.line("")
	t.line("Autoscaling by %s: %s", a.Mode, strings.Join(whatChanged(a), ", "))
	t.line("  %-24s%9s%10s%10s%10s%10s", "group", "at start", "peak", "at end", "hours", "cost")
	listed := slices.SortedStableFunc(slices.Values(a.Groups), func(x, y Group) int {
		return cmp.Compare(y.Nodes.NodeHours, x.Nodes.NodeHours)
	})
	top, rest := split(listed, topRows)
	for _, g := range top {
		cost := "-"
		if g.PricePerHour != nil {
			cost = fmt.Sprintf("%.2f", g.Cost)
		}
		n := &g.Nodes
		t.line("  %-24s%9s%10s%10s%10.1f%10s", Cut(g.Name, 23), thousands(n.AtStart), thousands(n.Peak), thousands(n.AtEnd), n.NodeHours, cost)
	}
	if len(rest) > 0 {
		t.line("  and %s more in report.json", count(len(rest), "group"))
	}
	if len(a.Groups) > 1 {
		t.line("  %-24s%39.1f%10.2f", "all", a.NodeHours, a.Cost)
	}
	w := a.Waiting
	t.line("  waiting for a node: mean %s, max %s (%s); else mean %s, max %s", HumanSeconds(w.ForNodeSeconds.Mean),
		HumanSeconds(w.ForNodeSeconds.Max), count(w.Pods, "pod"), HumanSeconds(w.OtherSeconds.Mean), HumanSeconds(w.OtherSeconds.Max))
	var unused []string
	for _, name := range slices.Sorted(maps.Keys(a.Unused)) {
		if name == cpu || name == "memory" {
			unused = append(unused, percent(a.Unused[name].Fraction)+" "+name)
		}
	}
	if len(unused) > 0 {
		t.line("  unused: %s of the groups' nodes", strings.Join(unused, ", "))
	}
	if e := a.Evictions; e.ScaleDown+e.Interruption > 0 {
		t.line("  evicted: %s by scale-down, %s by interruptions", thousands(e.ScaleDown), thousands(e.Interruption))
	}
	notes, more := split(a.Notes, topRows)
	for _, note := range notes {
		t.paragraph("  NOTE  ", oneLine(note))
	}
	if len(more) > 0 {
		t.line("  and %s more in report.json", count(len(more), "note"))
	}
}

// paragraph writes words behind a label, on as many lines as they need.
func (t *text) paragraph(label, words string) {
	line := label
	for word := range strings.FieldsSeq(words) {
		if line != label && utf8.RuneCountInString(line+word) > textWidth {
			t.line("%s", line)
			label = strings.Repeat(" ", len(label))
			line = label
		}
		line += word + " "
	}
	t.line("%s", line)
}

// whatChanged counts what happened; what did not is left out.
func whatChanged(a *Autoscaling) []string {
	failed, interrupted := 0, 0
	for _, g := range a.Groups {
		failed += g.Failed
		interrupted += g.Interrupted
	}
	var all []string
	say := func(n int, text string) {
		if n > 0 {
			all = append(all, text)
		}
	}
	say(a.ScaleUps.Decisions, fmt.Sprintf("%s (+%s)", count(a.ScaleUps.Decisions, "scale-up"), count(a.ScaleUps.Nodes, "node")))
	say(a.ScaleDowns.Decisions, fmt.Sprintf("-%s", count(a.ScaleDowns.Nodes, "node")))
	say(a.Resizes.Decisions, count(a.Resizes.Decisions, "resize"))
	say(failed, thousands(failed)+" failed")
	say(interrupted, thousands(interrupted)+" interrupted")
	if len(all) == 0 {
		return []string{"nothing changed"}
	}
	return all
}
