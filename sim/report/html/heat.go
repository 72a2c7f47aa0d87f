package html

import (
	"cmp"
	"iter"
	"maps"
	"math"
	"slices"
	"time"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/sim/report"
)

const (
	maxBands    = 120 // rows of the heat map
	maxHeated   = 6   // resources
	levels      = 12  // of fullness: empty, up to 10 %, ... up to 100 %, more
	mostPercent = 999
)

// heat is how full the nodes were at each instant of the timeline.
type heat struct {
	// Nodes is how many names of nodes there were. The k-th band is the nodes from
	// k*PerBand on, by their first instant, then by name.
	Nodes   int        `json:"nodes"`
	PerBand int        `json:"perBand"`
	Bands   []band     `json:"bands"`
	Heated  []heatedBy `json:"heated"`
}

type band struct {
	First string `json:"first"`
	Last  string `json:"last"`
	Nodes int    `json:"nodes"`
}

// heatedBy is the share of one resource that was requested.
type heatedBy struct {
	Resource string `json:"resource"`
	// Percent is of what the band's nodes offered together, by band and instant; -1
	// when none of them was there.
	Percent [][]int `json:"percent"`
	// Levels counts the nodes by how full they were, by level and instant: empty,
	// up to 10 %, up to 20 %, ..., up to 100 %, more.
	Levels [][]int `json:"levels"`
}

// heating is the work of computing a heat map: a walk through all changes with
// the state of each node.
type heating struct {
	resources []string
	rows      map[string]int // by node name
	there     []int          // nodes of the name that exist; 0 or 1
	offered   []int64        // by row, then resource
	requested []int64
	changes   []change
}

// change is a node or a pod that comes to a row, or goes from it, with what it offers or
// requests. One that is resized goes and comes.
type change struct {
	at      time.Duration
	row     int
	sign    int64
	node    bool
	amounts history.Resources
}

func heatOf(r *report.Report, h *history.History, stays []report.Stay, instants []time.Duration) heat {
	names := rowNames(h)
	m := heat{Nodes: len(names), PerBand: max(1, (len(names)+maxBands-1)/maxBands), Bands: []band{}, Heated: []heatedBy{}}
	for row := 0; row < len(names); row += m.PerBand {
		last := min(row+m.PerBand, len(names)) - 1
		m.Bands = append(m.Bands, band{First: names[row], Last: names[last], Nodes: last - row + 1})
	}
	w := newHeating(h, stays, names, heatedResources(r))
	for _, name := range w.resources {
		m.Heated = append(m.Heated, heatedBy{Resource: name, Percent: grid(len(m.Bands), len(instants)), Levels: grid(levels, len(instants))})
	}
	next := 0
	for i, t := range instants {
		for ; next < len(w.changes) && w.changes[next].at <= t; next++ {
			w.apply(&w.changes[next])
		}
		for k := range m.Heated {
			w.enter(&m.Heated[k], k, i, m.PerBand)
		}
	}
	return m
}

func grid(rows, columns int) [][]int {
	g := make([][]int, rows)
	for i := range g {
		g[i] = make([]int, columns)
	}
	return g
}

// rowNames orders the nodes by when their name first came, then by name.
func rowNames(h *history.History) []string {
	first := map[string]time.Duration{}
	for _, n := range h.Nodes {
		if at, known := first[n.Name]; came(n.Added) && (!known || n.Added < at) {
			first[n.Name] = n.Added
		}
	}
	return slices.SortedFunc(maps.Keys(first), func(a, b string) int {
		return cmp.Or(cmp.Compare(first[a], first[b]), cmp.Compare(a, b))
	})
}

// heatedResources are cpu, memory and the others that pods requested, at most
// maxHeated.
func heatedResources(r *report.Report) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(r.Utilization)) {
		if name == "cpu" || name == "memory" || r.Utilization[name].PeakRequested > 0 {
			names = append(names, name)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(order(a), order(b)) })
	return names[:min(len(names), maxHeated)]
}

// order brings cpu and memory to the front and pods, which is in every cluster,
// to the end.
func order(resource string) int {
	switch resource {
	case "cpu":
		return 0
	case "memory":
		return 1
	case "pods":
		return 3
	}
	return 2
}

func newHeating(h *history.History, stays []report.Stay, names, resources []string) *heating {
	w := &heating{
		resources: resources,
		rows:      make(map[string]int, len(names)),
		there:     make([]int, len(names)),
		offered:   make([]int64, len(names)*len(resources)),
		requested: make([]int64, len(names)*len(resources)),
	}
	for i, name := range names {
		w.rows[name] = i
	}
	add := func(row int, node bool, stretches iter.Seq2[history.Span, history.Resources]) {
		for span, amounts := range stretches {
			w.changes = append(w.changes, change{span.From, row, +1, node, amounts})
			if came(span.To) {
				w.changes = append(w.changes, change{span.To, row, -1, node, amounts})
			}
		}
	}
	for _, n := range h.Nodes {
		if came(n.Added) {
			add(w.rows[n.Name], true, n.Offers(n.Added, n.Removed))
		}
	}
	for i, p := range h.Pods {
		if row, known := w.rows[p.Node]; known && came(stays[i].Bound) {
			add(row, false, p.Held(stays[i].Bound, stays[i].Over))
		}
	}
	slices.SortFunc(w.changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	return w
}

func (w *heating) apply(c *change) {
	from := c.row * len(w.resources)
	if c.node {
		w.there[c.row] += int(c.sign)
		for k, name := range w.resources {
			w.offered[from+k] += c.sign * c.amounts[name]
		}
		return
	}
	for k, name := range w.resources {
		w.requested[from+k] += c.sign * report.Requested(c.amounts, name)
	}
}

// enter notes the state at the i-th instant for the k-th resource.
func (w *heating) enter(m *heatedBy, k, i, perBand int) {
	for b := range m.Percent {
		var requested, offered int64
		there := false
		for row := b * perBand; row < min((b+1)*perBand, len(w.there)); row++ {
			at := row*len(w.resources) + k
			if w.there[row] <= 0 || w.offered[at] <= 0 {
				continue // what stands on a node that went counts nowhere
			}
			there = true
			requested += w.requested[at]
			offered += w.offered[at]
			m.Levels[level(w.requested[at], w.offered[at])][i]++
		}
		m.Percent[b][i] = -1
		if there {
			m.Percent[b][i] = min(int(math.Round(100*float64(requested)/float64(offered))), mostPercent)
		}
	}
}

func level(requested, offered int64) int {
	if requested <= 0 {
		return 0
	}
	return min(int(math.Ceil(10*float64(requested)/float64(offered))), levels-1)
}
