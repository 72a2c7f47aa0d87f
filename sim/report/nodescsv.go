package report

import (
	"cmp"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"time"

	"simk.dev/simk/sim/history"
)

// nodeColumns are those of nodes.csv. Times are as in pods.csv; hours are from
// registered to removed; cost is empty where no price is known.
var nodeColumns = []string{"group", "node", "requested", "registered", "ready", "removed", "failed", "hours", "cost", "pods"}

// nodeRow is a machine of a group, whether its node came or not, or a node of no group.
type nodeRow struct {
	history.Machine
	group *history.Group // nil: of no group
}

// writeNodes writes a row for each node and machine: by the instant in which it was
// asked for, then in the order of the groups' machines, those of no group first.
func writeNodes(w io.Writer, h *history.History) error {
	bound := map[string]int{}
	for _, p := range h.Pods {
		if came(p.Bound) {
			bound[p.Node]++
		}
	}
	c := csv.NewWriter(w)
	c.Write(nodeColumns) //nolint:errcheck // the writer keeps the first error for the end
	for _, r := range nodeRows(h) {
		hours := ""
		if came(r.Registered) {
			var existed area
			existed.add(1, spanWithin(r.Registered, r.Gone, h.End))
			hours = floatText(existed.over(int64(time.Hour)))
		}
		//nolint:errcheck // as above
		c.Write([]string{r.Group, r.Node, secondsText(r.Requested), secondsText(r.Registered), secondsText(r.Ready), secondsText(r.Gone),
			secondsText(r.Failed), hours, r.cost(h.End), strconv.Itoa(bound[r.Node])})
	}
	c.Flush()
	return c.Error()
}

func nodeRows(h *history.History) []nodeRow {
	groups := map[string]*history.Group{}
	for i := range h.Autoscaling.Groups {
		groups[h.Autoscaling.Groups[i].Name] = &h.Autoscaling.Groups[i]
	}
	ofGroup := map[string]bool{}
	for _, m := range h.Autoscaling.Machines {
		ofGroup[m.Node] = true
	}
	var rows []nodeRow
	for _, n := range h.Nodes {
		if !ofGroup[n.Name] {
			rows = append(rows, nodeRow{Machine: history.Machine{
				Node: n.Name, Requested: history.Never, Registered: n.Added, Ready: firstReady(n), Gone: n.Removed, Failed: history.Never,
			}})
		}
	}
	slices.SortFunc(rows, func(a, b nodeRow) int {
		return cmp.Or(cmp.Compare(a.Registered, b.Registered), cmp.Compare(a.Node, b.Node))
	})
	for _, m := range h.Autoscaling.Machines {
		rows = append(rows, nodeRow{*m, groups[m.Group]})
	}
	slices.SortStableFunc(rows, func(a, b nodeRow) int { return cmp.Compare(a.asked(), b.asked()) })
	return rows
}

// asked is when the machine was asked for; of a node of no group, when it came.
func (r *nodeRow) asked() time.Duration {
	if came(r.Requested) {
		return r.Requested
	}
	return r.Registered
}

func (r *nodeRow) cost(end time.Duration) string {
	if r.group == nil || !r.group.HasPrice || !came(r.Registered) {
		return ""
	}
	var existed area
	existed.add(1, spanWithin(r.Registered, r.Gone, end))
	return floatText(costOf(existed.times(r.group.Price)))
}
