package xray

import (
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"

	"simk.dev/simk/sim/tui"
	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/validate"
)

// describe writes all that there is to know about a change: findings, what else
// happens to the object, how its pods lived, and the object itself.
func (x *index) describe(t Trace, c change) string {
	var b strings.Builder
	for _, f := range x.findings {
		if f.Object != nil && refOf(f.Object).Key() == c.ref.Key() {
			fmt.Fprintf(&b, "%s %s\n", f.Code, tui.Clean(f.Message))
		}
	}
	b.WriteString(tui.Bold.Render("Changes") + "\n")
	for i := range x.changes {
		if other := &x.changes[i]; other.ref.Key() == c.ref.Key() {
			mark := " "
			if other.event == c.event && other.verb == c.verb {
				mark = ">"
			}
			fmt.Fprintf(&b, "%s %-12s %s\n", mark, when(other), other.verb)
		}
	}
	for i := range x.head.Lifecycles {
		if l := &x.head.Lifecycles[i]; l.Owner.Key() == c.ref.Key() {
			b.WriteString("\n" + tui.Bold.Render("Recorded lives of its pods") + "\n" + lives(l))
		}
	}
	if c.verb == "start" || c.verb == "apply" {
		b.WriteString("\n" + tui.Bold.Render("Object") + "\n" + x.object(t, c))
	}
	return b.String()
}

func (x *index) object(t Trace, c change) string {
	o, err := x.find(t, c)
	if err != nil {
		return tui.Bad.Render(tui.Clean(err.Error()))
	}
	text, err := yaml.Marshal(o.Object)
	if err != nil {
		return tui.Bad.Render(tui.Clean(err.Error()))
	}
	return cleanLines(string(text))
}

// lives writes recorded lives, a line each.
func lives(l *tracer.OwnerLifecycles) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%5s %12s %12s %12s %5s %9s  %s\n", "pod", "waited", "start delay", "ran for", "exit", "restarts", "node")
	for i, p := range l.Pods {
		waited, ran := "?", "until deleted"
		if p.HasPending {
			waited = tracer.FormatDuration(p.Pending)
		}
		if p.HasRunFor {
			ran = tracer.FormatDuration(p.RunFor)
		}
		fmt.Fprintf(&b, "%5d %12s %12s %12s %5d %9d  %s\n",
			i, waited, tracer.FormatDuration(p.StartDelay), ran, p.ExitCode, p.Restarts, tui.Clean(p.Node))
	}
	return b.String()
}

// explain writes a finding and the rule behind it.
func explain(f *validate.Finding) string {
	rule, err := validate.Explain(f.Code)
	if err != nil {
		rule = err.Error()
	}
	return cleanLines(fmt.Sprintf("%s: %s\n\nfound %d times, first at %s\n\n%s", f.Severity, f.Message, f.Count, f.Position(), rule))
}

// cleanLines is tui.Clean for a text of many lines.
func cleanLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = tui.Clean(strings.ReplaceAll(lines[i], "\t", "  "))
	}
	return strings.Join(lines, "\n")
}

func when(c *change) string {
	if c.event < 0 {
		return "start"
	}
	return tracer.FormatDuration(c.at)
}
