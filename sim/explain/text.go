package explain

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// maxNames is how many names text lists; JSON has them all.
const maxNames = 8

// WriteText writes the story for people.
func (s *PodStory) WriteText(w io.Writer) error {
	var b strings.Builder
	for i := range s.Lives {
		l := &s.Lives[i]
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "Pod %s", s.Pod)
		if l.Owner != "Pod/"+s.Pod[strings.IndexByte(s.Pod, '/')+1:] {
			fmt.Fprintf(&b, " of %s", l.Owner)
		}
		b.WriteByte('\n')
		for j := range l.Steps {
			l.Steps[j].write(&b)
		}
		if l.Pending {
			at := "at the end"
			if s.UntilSeconds != nil {
				at = "at " + offset(*s.UntilSeconds)
			}
			fmt.Fprintf(&b, "%12s  %s it waits for a node", "", at)
			if l.Reason != "" {
				fmt.Fprintf(&b, ": %s", l.Reason)
			}
			b.WriteByte('\n')
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// write writes a step: when, what, and what there is to say about it.
func (s *Step) write(b *strings.Builder) {
	fmt.Fprintf(b, "%12s  ", offset(s.AtSeconds))
	switch s.Kind {
	case "attempts":
		s.writeAttempts(b)
	case "preempts":
		fmt.Fprintf(b, "preempts %s\n", list(s.Pods))
	case "preempted":
		fmt.Fprintf(b, "preempted by %s\n", list(s.Pods))
	case "autoscaler":
		fmt.Fprintf(b, "autoscaler: %s\n", s.Text)
	case "bound":
		fmt.Fprintf(b, "bound to %s%s\n", s.Node, s.Machine)
		if len(s.Pods) > 0 {
			fmt.Fprintf(b, "%14safter %s left it\n", "", list(s.Pods))
		}
		if s.Scores != nil {
			s.Scores.write(b)
		}
	case "finished":
		fmt.Fprintf(b, "finished: %s\n", s.Text)
	case "deleted":
		b.WriteString("deleted")
		if s.Text != "" {
			fmt.Fprintf(b, ": %s", s.Text)
		}
		b.WriteByte('\n')
	default:
		fmt.Fprintln(b, s.Kind)
	}
}

func (s *Step) writeAttempts(b *strings.Builder) {
	a := s.Attempt
	what := "attempt failed"
	if s.Attempts > 1 {
		what = fmt.Sprintf("%d attempts failed, the last at %s", s.Attempts, offset(s.ToSeconds))
		if s.Varied {
			what += ", which is shown (counts varied)"
		}
	}
	switch {
	case a.Nodes == 0:
		fmt.Fprintf(b, "%s: %s\n", what, a.Message)
	case a.PreFilter != "":
		fmt.Fprintf(b, "%s: 0 of %d nodes: %s\n", what, a.Nodes, a.PreFilter)
	default:
		fmt.Fprintf(b, "%s: 0 of %d nodes\n", what, a.Nodes)
	}
	for i := range a.Rejections {
		r := &a.Rejections[i]
		plugin := r.Plugin
		if plugin == "" {
			plugin = "(no plugin)"
		}
		fmt.Fprintf(b, "%14s%s rejected %s: %s", "", plugin, nodes(r.Count), strings.Join(r.Reasons, ", "))
		if len(r.Nodes) > 0 {
			fmt.Fprintf(b, ": %s", list(r.Nodes))
		}
		b.WriteByte('\n')
	}
	if a.PostFilter != "" {
		fmt.Fprintf(b, "%14s%s\n", "", a.PostFilter)
	}
	if a.Nominated != "" {
		fmt.Fprintf(b, "%14snominated for %s\n", "", a.Nominated)
	}
}

func (s *Scores) write(b *strings.Builder) {
	if s.Scored == 0 {
		fmt.Fprintf(b, "%14sno scores: only one node fitted, or the result for an equal pod was used again\n", "")
		return
	}
	fmt.Fprintf(b, "%14sof %s that fitted, by weighted scores:\n", "", nodes(s.Scored))
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "%14s\tnode\ttotal\t%s\t\n", "", strings.Join(s.Plugins, "\t"))
	for _, n := range s.Nodes {
		fmt.Fprintf(t, "\t%s\t%d\t", n.Node, n.Total)
		for _, score := range n.Scores {
			fmt.Fprintf(t, "%d\t", score)
		}
		fmt.Fprintln(t)
	}
	t.Flush() //nolint:errcheck // a Builder takes everything
}

// String is what is said of a node that came while the pod waited.
func (m *Machine) String() string {
	if m == nil {
		return ""
	}
	out := ", which registered at " + offset(m.RegisteredSeconds)
	if m.Group != "" {
		out = ", a new node of group " + m.Group + out
	}
	if m.RequestedSeconds != nil {
		out += ", asked for at " + offset(*m.RequestedSeconds)
	}
	return out
}

// WriteText writes the story for people.
func (s *NodeStory) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Node %s", s.Node)
	if s.AtSeconds != nil {
		fmt.Fprintf(&b, " at %s", offset(*s.AtSeconds))
	}
	b.WriteByte('\n')
	for _, m := range s.Machines {
		if m.Group != "" {
			fmt.Fprintf(&b, "  of group %s", m.Group)
		}
		for _, step := range []struct {
			what string
			at   *float64
		}{{"asked for", m.RequestedSeconds}, {"registered", m.RegisteredSeconds}, {"removed", m.RemovedSeconds}} {
			if step.at != nil {
				fmt.Fprintf(&b, "  %s at %s", step.what, offset(*step.at))
			}
		}
		b.WriteByte('\n')
	}
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if len(s.Pods) == 0 {
		fmt.Fprintln(t, "  no pods")
	} else {
		fmt.Fprintln(t, "  pod\tfrom\tto\tended")
	}
	for _, p := range s.Pods {
		to := "the end"
		if p.ToSeconds != nil {
			to = offset(*p.ToSeconds)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", p.Pod, offset(p.FromSeconds), to, p.Ended)
	}
	for i, r := range s.Rejected {
		if i == 0 {
			fmt.Fprintln(t, "Waiting pods that it rejected\n  pod\tplugin\treasons")
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\n", r.Pod, r.Plugin, strings.Join(r.Reasons, ", "))
	}
	t.Flush() //nolint:errcheck // a Builder takes everything
	_, err := io.WriteString(w, trimLines(b.String()))
	return err
}

// WriteText writes it for people.
func (s *Instant) WriteText(w io.Writer) error {
	var b strings.Builder
	pending := 0
	for _, p := range s.Pending {
		pending += len(p.Pods)
	}
	fmt.Fprintf(&b, "At %s: %d with a node, %d waiting for one\n", offset(s.AtSeconds), s.Running, pending)
	if len(s.Devices) > 0 {
		fmt.Fprintln(&b, deviceLine(s.Devices))
	}
	for _, p := range s.Pending {
		reason := p.Reason
		if reason == "" {
			reason = "no attempt failed yet"
		}
		fmt.Fprintf(&b, "%9d  %s\n", len(p.Pods), reason)
		var names []string
		for _, pod := range p.Pods {
			names = append(names, pod.Pod)
		}
		fmt.Fprintf(&b, "%11s%s\n", "", list(names))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// offset writes an instant exactly: 1m14s, 1h, 62.5s as 1m2.5s.
func offset(seconds float64) string {
	text := time.Duration(seconds * float64(time.Second)).Round(time.Millisecond).String()
	if short, ok := strings.CutSuffix(text, "m0s"); ok {
		text = strings.TrimSuffix(short+"m", "h0m")
		if len(text) < len(short)+1 {
			text += "h"
		}
	}
	return text
}

// list writes names, the first of many.
func list(names []string) string {
	if rest := len(names) - maxNames; rest > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNames], ", "), rest)
	}
	return strings.Join(names, ", ")
}

func nodes(n int) string {
	if n == 1 {
		return "1 node"
	}
	return fmt.Sprintf("%d nodes", n)
}

// trimLines removes what the table leaves at the ends of lines.
func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}
