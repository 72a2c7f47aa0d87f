package show

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"simk.dev/simk/tracer"
)

// WriteText writes the summary for people. The figures are those of the JSON.
func (s *Summary) WriteText(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	s.writeHead(w)
	fmt.Fprint(w, "\nkind\tapiVersion\tat start\tapplied\tdeleted\n")
	for _, k := range s.Kinds {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\n", k.Kind, k.APIVersion, k.AtStart, k.Applied, k.Deleted)
	}
	writeShares(w, "namespace", s.Namespaces)
	writeShares(w, "owner", s.Owners)
	s.writeResources(w)
	s.writeLives(w)
	if err := w.Flush(); err != nil {
		return err
	}
	s.writeArrivals(out)
	return nil
}

func (s *Summary) writeHead(w io.Writer) {
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, strings.Join(strings.Fields(value), " "))
		}
	}
	line("trace", s.File)
	line("name", s.Name)
	line("description", s.Description)
	line("source", s.Source)
	if s.SizeBytes > 0 {
		line("size", fmt.Sprintf("%d bytes", s.SizeBytes))
	}
	line("start time", s.StartTime.Format(time.RFC3339))
	line("duration", s.Duration)
	line("events", fmt.Sprint(s.Events))
	line("first event", s.FirstEvent)
	line("last event", s.LastEvent)
	line("pods", fmt.Sprint(s.Pods))
	if n := s.NodeEvents; n != (NodeChanges{}) {
		line("node changes", fmt.Sprintf("%d fail, %d recover, %d drained", n.Fail, n.Recover, n.Drain))
	}
}

func writeShares(w io.Writer, what string, all []Share) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\tpods\n", what)
	for _, s := range all {
		fmt.Fprintf(w, "%s\t%d\n", s.Name, s.Pods)
	}
}

func (s *Summary) writeResources(w io.Writer) {
	if len(s.Requests) > 0 {
		fmt.Fprint(w, "\nrequests\tpods\tsum\tmean\tmax\tall nodes\tbiggest node\n")
	}
	for _, r := range s.Requests {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%s\n", r.Resource, r.Pods, r.Sum, r.Mean, r.Max, r.Allocatable, r.Biggest)
	}
	if s.Nodes.Count > 0 {
		fmt.Fprint(w, "\nnodes\tallocatable\n")
	}
	rest := 0
	for i, shape := range s.Nodes.Shapes {
		if i >= mostShown {
			rest += shape.Count
			continue
		}
		var parts []string
		for name, quantity := range shape.Allocatable {
			parts = append(parts, name+" "+quantity)
		}
		slices.Sort(parts)
		fmt.Fprintf(w, "%d\t%s\n", shape.Count, strings.Join(parts, ", "))
	}
	if rest > 0 {
		fmt.Fprintf(w, "%d\t%s\n", rest, others)
	}
}

func (s *Summary) writeLives(w io.Writer) {
	l := s.Lives
	if l.Entries+l.Annotated == 0 {
		return
	}
	fmt.Fprintf(w, "\nlives: %d in lifecycles, %d in annotations\n", l.Entries, l.Annotated)
	for _, b := range l.RunTimes {
		fmt.Fprintf(w, "run %s\t%d\n", b.Name, b.Count)
	}
	for _, v := range l.ExitCodes {
		fmt.Fprintf(w, "exit code %d\t%d\n", v.Value, v.Count)
	}
	for i, v := range l.Restarts {
		if i < mostShown {
			fmt.Fprintf(w, "%d restarts\t%d\n", v.Value, v.Count)
		}
	}
}

// writeArrivals draws a bar for each step, the longest 50 wide.
func (s *Summary) writeArrivals(out io.Writer) {
	a := s.Arrivals
	if len(a.Pods) == 0 {
		return
	}
	const width = 50
	most := slices.Max(a.Pods)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\narrivals from\tpods in %s\n", a.Step)
	for i, n := range a.Pods {
		bar := n * width / most
		if n > 0 && bar == 0 {
			bar = 1
		}
		fmt.Fprintf(w, "%s\t%d", tracer.FormatDuration(time.Duration(i)*a.step), n)
		if bar > 0 {
			fmt.Fprint(w, "\t"+strings.Repeat("#", bar))
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush()
}
