package report

import (
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
	ofPods    []int64
	ofNodes   []int64
}

func amountsOf(h *history.History) amounts {
	a := amounts{resources: resourceNames(h)}
	a.ofPods = make([]int64, 0, len(h.Pods)*len(a.resources))
	for _, p := range h.Pods {
		for _, name := range a.resources {
			a.ofPods = append(a.ofPods, request(p, name))
		}
	}
	a.ofNodes = make([]int64, 0, len(h.Nodes)*len(a.resources))
	for _, n := range h.Nodes {
		for _, name := range a.resources {
			a.ofNodes = append(a.ofNodes, n.Allocatable[name])
		}
	}
	return a
}

// requests returns the row of a pod, allocatable that of a node, by its index
// in the history.
func (a amounts) requests(pod int32) []int64     { return a.row(a.ofPods, pod) }
func (a amounts) allocatable(node int32) []int64 { return a.row(a.ofNodes, node) }

func (a amounts) row(rows []int64, i int32) []int64 {
	from := int(i) * len(a.resources)
	return rows[from : from+len(a.resources)]
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
	}
	for _, p := range h.Pods {
		if came(p.Bound) {
			note(p.Requests)
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func request(p *history.Pod, resource string) int64 {
	if resource == pods {
		return 1
	}
	return p.Requests[resource]
}

// baseUnit turns an amount of the history into Kubernetes' base unit. Amounts
// up to 2^53 (8 PiB) are exact.
func baseUnit(resource string, amount int64) float64 {
	if resource == cpu {
		return float64(amount) / 1000
	}
	return float64(amount)
}

// utilization relates what pods requested to what nodes offered, for every
// resource that was on offer for some time.
func utilization(h *history.History, lives []life, am amounts, peaks []fraction) map[string]Utilization {
	requested := make([]area, len(am.resources))
	for i, l := range lives {
		span := spanWithin(l.bound, l.over(), h.End)
		for k, amount := range am.requests(int32(i)) {
			requested[k].add(amount, span)
		}
	}
	offered := make([]area, len(am.resources))
	for i, n := range h.Nodes {
		span := spanWithin(n.Added, n.Removed, h.End)
		for k, amount := range am.allocatable(int32(i)) {
			offered[k].add(amount, span)
		}
	}
	u := make(map[string]Utilization, len(am.resources))
	for k, name := range am.resources {
		if offered[k].isZero() {
			continue
		}
		u[name] = Utilization{
			MeanRequested: ratio(requested[k].int(), offered[k].int()),
			PeakRequested: peaks[k].float(),
		}
	}
	return u
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
