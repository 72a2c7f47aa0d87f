package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	textWidth = 79 // so that no terminal of 80 columns wraps
	topRows   = 5  // of each list; report.json has the others
	barWidth  = 30
)

// WriteText writes the summary that a terminal of 80 columns shows: what was
// simulated, how the pods fared, how long they waited, the nodes and how much
// of them was requested, and what went wrong.
func WriteText(w io.Writer, r *Report) error {
	var t text
	t.head(r)
	t.pods(r)
	t.nodes(r)
	t.autoscaling(r.Autoscaling)
	t.parts(r)
	t.fidelity(r.Fidelity)
	t.pending(r)
	t.failures(r)
	t.failingFast(r)
	t.rejections(r)
	t.notCreated(r)
	t.webhooks(r)
	_, err := w.Write(t.Bytes())
	return err
}

type text struct{ bytes.Buffer }

// line writes a line, cut to the width of the terminal.
func (t *text) line(format string, args ...any) {
	line := strings.TrimRight(fmt.Sprintf(format, args...), " ")
	t.WriteString(Cut(line, textWidth) + "\n")
}

// row writes a label and cells in columns.
func (t *text) row(label string, cells ...string) {
	line := fmt.Sprintf("%-9s", label)
	for _, c := range cells {
		line += fmt.Sprintf("%10s", c)
	}
	t.line("%s", line)
}

func (t *text) head(r *Report) {
	t.line("Trace     %s", cmp.Or(oneLine(r.Trace.Name), "(no name)"))
	t.line("Virtual   %s, from %s to %s", HumanSeconds(r.Simulated.Seconds), r.Simulated.Start, r.Simulated.End)
	if !r.Complete {
		t.line("STOPPED   before its end: %s", oneLine(r.IncompleteReason))
	}
	t.line("Result    seed %d, placements %.12s", r.Seed, r.PlacementsSHA256)
	t.line("")
}

func (t *text) pods(r *Report) {
	p := r.Pods
	t.row("Pods", "created", "bound", "succeeded", "failed", "deleted", "pending", "running")
	t.row("", thousands(p.Created), thousands(p.Bound), thousands(p.Succeeded), thousands(p.Failed),
		thousands(p.Deleted), thousands(p.PendingAtEnd), thousands(p.RunningAtEnd))
	if p.Evicted > 0 || p.Preempted > 0 || r.Restarts > 0 {
		t.line("            evicted %s, preempted %s, container restarts %s",
			thousands(p.Evicted), thousands(p.Preempted), thousands(int(r.Restarts)))
	}
	if p.Bound > 0 {
		d := r.PendingSeconds
		t.row("Waiting", "mean", "p50", "p90", "p99", "max")
		t.row("", HumanSeconds(d.Mean), HumanSeconds(d.P50), HumanSeconds(d.P90), HumanSeconds(d.P99), HumanSeconds(d.Max))
	}
}

func (t *text) nodes(r *Report) {
	n := r.Nodes
	t.row("Nodes", "at start", "peak", "at end", "hours")
	t.row("", thousands(n.AtStart), thousands(n.Peak), thousands(n.AtEnd), fmt.Sprintf("%.1f", n.NodeHours))
	title := "Requested"
	for _, name := range slices.Sorted(maps.Keys(r.Utilization)) {
		u := r.Utilization[name]
		if u.PeakRequested == 0 && name != cpu && name != "memory" {
			continue // offered by nodes, wanted by nobody
		}
		if title != "" {
			t.line("%-26s%7s%*s%10s", title, "mean", barWidth+2, "", "peak")
			title = ""
		}
		t.line("  %-24s%6.1f%%  %s%9.1f%%", Cut(resourceLabel(name), 23), 100*u.MeanRequested, bar(u), 100*u.PeakRequested)
	}
}

// resourceLabel is a resource's name for a narrow column: devices of a class go by their class.
func resourceLabel(name string) string {
	if class, ok := DeviceClass(name); ok {
		return class + " devices"
	}
	return name
}

// bar draws the mean in full blocks and goes on to the peak in shaded ones.
func bar(u Utilization) string {
	cells := func(f float64) int { return int(math.Round(min(f, 1) * barWidth)) }
	mean, peak := cells(u.MeanRequested), cells(u.PeakRequested)
	peak = max(mean, peak)
	return strings.Repeat("█", mean) + strings.Repeat("▒", peak-mean) + strings.Repeat("·", barWidth-peak)
}

// fidelity says in up to three lines how near the run came to what the trace
// records.
func (t *text) fidelity(f *Fidelity) {
	if f == nil {
		return
	}
	label := "Fidelity"
	line := func(format string, args ...any) {
		t.line("%-9s "+format, append([]any{label}, args...)...)
		label = ""
	}
	unknown := 0
	if p := f.Placement; p != nil {
		unknown = p.UnknownNodePods
		if p.ComparedPods > 0 {
			line("%s of %s ran where recorded, %s if replicas swap",
				percent(p.SameNodeFraction), count(p.ComparedPods, "pod"), percent(p.OverlapFraction))
		}
	}
	if p := f.Pending; p != nil && p.ComparedPods > 0 {
		line("waited %s on average, recorded %s; a pod differs by %s",
			HumanSeconds(p.SimulatedSeconds.Mean), HumanSeconds(p.RecordedSeconds.Mean), HumanSeconds(p.MeanAbsoluteDifferenceSeconds))
	}
	var rest []string
	for _, r := range []struct {
		n    int
		what string
	}{{unknown, "on unknown nodes"}, {f.NotStartedPods, "not started"}, {f.ExtraPods, "extra"}} {
		if r.n > 0 {
			rest = append(rest, thousands(r.n)+" "+r.what)
		}
	}
	if len(rest) > 0 {
		line("left out: %s", strings.Join(rest, ", "))
	}
}

func percent(fraction float64) string { return fmt.Sprintf("%.1f%%", 100*fraction) }

func (t *text) pending(r *Report) {
	if r.Pods.PendingAtEnd == 0 {
		return
	}
	t.line("")
	t.line("Pending at the end: %s", count(r.Pods.PendingAtEnd, "pod"))
	top, rest := split(r.Unschedulable, topRows)
	others := r.UnschedulableOmitted.Pods
	for _, u := range top {
		t.item(u.Pods, oneLine(u.Reason))
	}
	for _, u := range rest {
		others += u.Pods
	}
	t.others(others, "for other reasons")
}

func (t *text) failures(r *Report) {
	if r.Pods.Failed == 0 {
		return
	}
	failed := slices.DeleteFunc(slices.Clone(r.Owners), func(o Owner) bool { return o.Failed == 0 })
	slices.SortStableFunc(failed, func(a, b Owner) int { return cmp.Compare(b.Failed, a.Failed) })
	t.line("")
	t.line("Failed: %s", count(r.Pods.Failed, "pod"))
	top, rest := split(failed, topRows)
	others := r.OwnersOmitted.Failed
	for _, o := range top {
		t.item(o.Failed, fmt.Sprintf("of %s in namespace %s", o.Owner, o.Namespace))
	}
	for _, o := range rest {
		others += o.Failed
	}
	t.others(others, "of other owners")
}

func (t *text) failingFast(r *Report) {
	if len(r.FailingFast) == 0 {
		return
	}
	t.line("")
	t.line("Failed and made again at once, pods within a minute:")
	top, rest := split(r.FailingFast, topRows)
	for _, x := range top {
		t.item(x.Pods, oneLine(fmt.Sprintf("of %s in namespace %s", x.Owner, x.Namespace)))
		t.line("           %s", oneLine(x.Reason))
	}
	t.others(len(rest), "more workloads in report.json")
}

func (t *text) rejections(r *Report) {
	if r.Rejected == 0 {
		return
	}
	t.line("")
	t.line("Rejected by the apiserver: %s", count(r.Rejected, "object"))
	top, _ := split(r.Rejections, topRows)
	for _, x := range top {
		t.line("  %7s  %s", HumanSeconds(x.AtSeconds), oneLine(x.Object+": "+x.Message))
	}
	t.others(r.Rejected-len(top), "more in report.json")
}

func (t *text) notCreated(r *Report) {
	if len(r.NotCreated) == 0 {
		return
	}
	t.line("")
	t.line("Not created by controllers, attempts:")
	top, rest := split(r.NotCreated, topRows)
	for _, x := range top {
		t.item(x.Attempts, oneLine("of "+x.Object))
		t.line("           %s", oneLine(refusal(x.Message)))
	}
	t.others(len(rest), "more workloads in report.json")
}

// refusal is why something is refused, without what: that it is a pod with a name nobody knows.
func refusal(message string) string {
	for _, verb := range []string{" is forbidden: ", " is invalid: "} {
		if _, why, ok := strings.Cut(message, verb); ok {
			return why
		}
	}
	return message
}

func (t *text) webhooks(r *Report) {
	if len(r.WebhooksNotCalled) == 0 {
		return
	}
	t.line("")
	t.line("Webhooks that were not called, of:")
	top, rest := split(r.WebhooksNotCalled, topRows)
	for _, object := range top {
		t.line("           %s", oneLine(object))
	}
	t.others(len(rest), "more in report.json")
}

func (t *text) item(n int, what string) { t.line("  %7s  %s", thousands(n), what) }

func (t *text) others(n int, what string) {
	if n > 0 {
		t.item(n, what)
	}
}

// Cut shortens s to n characters, with an ellipsis for what is missing.
func Cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimRight(string([]rune(s)[:n-1]), " ") + "…"
}

// oneLine makes a message fit for a line of a list.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
