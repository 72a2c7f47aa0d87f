package report

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"simk.dev/simk/sim/history"
)

// podColumns are those of pods.csv. Times are seconds from the trace's start
// with up to nine decimals, empty for what never came; exitCode is empty while
// no container has exited; evicted and preempted are true or empty;
// reasonPending is what the scheduler last said about a pod it did not place.
var podColumns = []string{
	"namespace", "name", "owner", "node",
	"created", "bound", "started", "finished", "deleted",
	"phase", "exitCode", "restarts", "evicted", "preempted", "reasonPending",
}

// writePods writes a row for each pod, by creation, then namespace and name.
func writePods(w io.Writer, h *history.History) error {
	sorted := slices.Clone(h.Pods)
	slices.SortFunc(sorted, func(a, b *history.Pod) int {
		if c := cmp.Compare(a.Created, b.Created); c != 0 {
			return c // mostly; spares the rest, which is slow
		}
		return cmp.Or(
			cmp.Compare(a.Namespace, b.Namespace),
			cmp.Compare(a.Name, b.Name),
			// A name used twice in one instant: any order that does not
			// depend on the history's.
			cmp.Compare(a.Deleted, b.Deleted),
			cmp.Compare(a.Bound, b.Bound),
		)
	})
	c := csv.NewWriter(w)
	c.Write(podColumns) //nolint:errcheck // the writer keeps the first error for the end
	row := make([]string, 0, len(podColumns))
	for _, p := range sorted {
		row = append(row[:0],
			p.Namespace, p.Name, p.Owner, p.Node,
			secondsText(p.Created), secondsText(p.Bound), secondsText(p.Started),
			secondsText(p.Finished), secondsText(p.Deleted),
			p.Phase, exitCode(p), strconv.Itoa(int(p.Restarts)),
			trueOrEmpty(p.Evicted), trueOrEmpty(p.Preempted), p.Reason)
		c.Write(row) //nolint:errcheck // as above
	}
	c.Flush()
	return c.Error()
}

func exitCode(p *history.Pod) string {
	if !p.HasExit {
		return ""
	}
	return strconv.Itoa(int(p.ExitCode))
}

func trueOrEmpty(b bool) string {
	if !b {
		return ""
	}
	return "true"
}

// secondsText writes an instant in seconds, to the nanosecond: 1.5, 60, 0.000000001.
func secondsText(t time.Duration) string {
	if !came(t) {
		return ""
	}
	var buf [32]byte
	b := strconv.AppendInt(buf[:0], int64(t/time.Second), 10)
	rest := int64(t % time.Second)
	if rest == 0 {
		return string(b)
	}
	point := len(b)
	b = strconv.AppendInt(b, int64(time.Second)+rest, 10) // a one, then the nine decimals
	b[point] = '.'
	return string(bytes.TrimRight(b, "0"))
}

// writeTimeline writes a row for each point of the report's timeline, with two
// columns for each resource: requested_cpu, allocatable_cpu; before them one for each
// group of machines, if there are any: nodes_general.
func writeTimeline(w io.Writer, r *Report) error {
	var resources []string
	if len(r.Timeline) > 0 { // all points have the same resources
		resources = slices.Sorted(maps.Keys(r.Timeline[0].Requested))
	}
	header := []string{"atSeconds", "pending", "running", "succeeded", "failed", "nodes", "readyNodes"}
	groups := groupNames(r.Timeline)
	for _, name := range groups {
		header = append(header, "nodes_"+name)
	}
	for _, name := range resources {
		header = append(header, "requested_"+name, "allocatable_"+name)
	}
	c := csv.NewWriter(w)
	c.Write(header) //nolint:errcheck // the writer keeps the first error for the end
	for _, p := range r.Timeline {
		row := []string{floatText(p.AtSeconds)}
		for _, n := range []int{p.Pending, p.Running, p.Succeeded, p.Failed, p.Nodes, p.ReadyNodes} {
			row = append(row, strconv.Itoa(n))
		}
		for _, name := range groups {
			row = append(row, strconv.Itoa(p.Groups[name]))
		}
		for _, name := range resources {
			row = append(row, floatText(p.Requested[name]), floatText(p.Allocatable[name]))
		}
		c.Write(row) //nolint:errcheck // as above
	}
	c.Flush()
	return c.Error()
}

func floatText(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
