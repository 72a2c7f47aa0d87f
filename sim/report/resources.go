package report

import (
	"iter"
	"maps"
	"slices"
	"time"

	"simk.dev/simk/sim/history"
)

const (
	cpu = "cpu"
	// pods is the resource of which every pod takes one: nodes state how many
	// pods they hold, and no pod states that it is one.
	pods = "pods"
)

// amounts holds the requests of all pods and the allocatable resources of all
// nodes as rows of numbers, one for each resource: looking millions of times
// into maps would take most of Build's time.
type amounts struct {
	resources []string // sorted
	pods      table
	nodes     table
}

// table has a row for each pod, or each node, by its index in the history.
type table struct {
	width int
	first []int64
	// later are the rows of those that were resized: few are.
	later map[int32][]history.Later[[]int64]
}

func amountsOf(h *history.History) amounts {
	a := amounts{resources: resourceNames(h)}
	a.pods = newTable(len(h.Pods), len(a.resources))
	for i, p := range h.Pods {
		a.pods.add(i, p.Requests, p.Resized, a.resources, Requested)
	}
	a.nodes = newTable(len(h.Nodes), len(a.resources))
	for i, n := range h.Nodes {
		a.nodes.add(i, n.Allocatable, n.Resized, a.resources, func(r history.Resources, name string) int64 { return r[name] })
	}
	return a
}

func newTable(rows, width int) table {
	return table{width: width, first: make([]int64, 0, rows*width), later: map[int32][]history.Later[[]int64]{}}
}

// add appends the row of the i-th, whose amounts of are in the resources.
func (t *table) add(i int, first history.Resources, later []history.Later[history.Resources],
	names []string, of func(history.Resources, string) int64) {
	for _, name := range names {
		t.first = append(t.first, of(first, name))
	}
	for _, l := range later {
		row := make([]int64, len(names))
		for k, name := range names {
			row[k] = of(l.Value, name)
		}
		t.later[int32(i)] = append(t.later[int32(i)], history.Later[[]int64]{From: l.From, Value: row})
	}
}

// at returns the first row of the i-th.
func (t *table) at(i int32) []int64 {
	from := int(i) * t.width
	return t.first[from : from+t.width]
}

// during yields the rows of the i-th between two instants, as history.Stretches does.
func (t *table) during(i int32, from, to time.Duration) iter.Seq2[history.Span, []int64] {
	return history.Stretches(t.at(i), t.later[i], from, to)
}

// resourceNames returns, sorted, every resource that a node offers or that a
// bound pod requests.
func resourceNames(h *history.History) []string {
	names := map[string]bool{}
	note := func(rs history.Resources) {
		for name := range rs { // sorted below
			if !names[name] {
				names[name] = true
			}
		}
	}
	for _, n := range h.Nodes {
		note(n.Allocatable)
		for _, l := range n.Resized {
			note(l.Value)
		}
	}
	for _, p := range h.Pods {
		if !came(p.Bound) {
			continue
		}
		note(p.Requests)
		for _, l := range p.Resized {
			note(l.Value)
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// baseUnit turns an amount of the history into Kubernetes' base unit. Amounts
// up to 2^53 (8 PiB) are exact.
func baseUnit(resource string, amount int64) float64 {
	if resource == cpu {
		return float64(amount) / 1000
	}
	return float64(amount)
}

func nodeHours(h *history.History) float64 {
	var sum area
	for _, n := range h.Nodes {
		sum.add(1, spanWithin(n.Added, n.Removed, h.End))
	}
	return sum.over(int64(time.Hour))
}

// spanWithin returns how long [from, to) lasts within the run; to may be Never.
func spanWithin(from, to, end time.Duration) time.Duration {
	if !came(from) {
		return 0
	}
	if !came(to) || to > end {
		to = end
	}
	return max(to-from, 0)
}
