package report

import (
	"cmp"
	"slices"
	"time"

	"simk.dev/simk/sim/history"
)

// sweep walks once through everything that changed, in order of time, and
// keeps the state of the cluster at that instant: the timeline is what it saw
// at chosen instants, the peaks are the largest of all it saw, the means are over all
// time that it went through. The work is that of sorting the changes.
type sweep struct {
	end     time.Duration
	lives   []life
	amounts amounts
	changes []change
	next    int // the first change not yet applied
	// shifts are what pods and nodes that are resized request, or offer, more from an
	// instant on.
	shifts []shift

	now Point // its maps are unused: these two hold the amounts
	// requested is of the pods on nodes that exist: on is what pods request of each name of
	// a node, there how many nodes of the name exist. A pod whose node went, or never came,
	// takes nothing from the others.
	requested, allocatable []int64
	names                  nodeNames
	there                  []int32
	on                     []int64

	peakNodes int
	peaks     []fraction // of requested over allocatable, by resource
	// used and offered are requested and allocatable times the time up to upTo, each where
	// the resource is allocatable at all: so no mean is above its peak.
	used, offered []area
	upTo          time.Duration
}

// nodeNames gives nodes and pods, by their index in the history, the index of a node's name.
type nodeNames struct {
	count       int
	nodes, pods []int32 // noNode: of a pod that was bound to none that ever was
}

const noNode = -1

func namesOf(h *history.History) nodeNames {
	index := map[string]int32{}
	n := nodeNames{nodes: make([]int32, len(h.Nodes)), pods: make([]int32, len(h.Pods))}
	for i, x := range h.Nodes {
		at, known := index[x.Name]
		if !known {
			at = int32(len(index))
			index[x.Name] = at
		}
		n.nodes[i] = at
	}
	for i, p := range h.Pods {
		at, known := index[p.Node]
		if !known {
			at = noNode
		}
		n.pods[i] = at
	}
	n.count = len(index)
	return n
}

// change is one pod or node, by its index in the history, at a turning point; or a shift.
// Changes of one instant are applied together, so their order is of no matter.
type change struct {
	at    time.Duration
	index int32
	kind  changeKind
}

type changeKind uint8

const (
	podCreated changeKind = iota
	podBound
	podFinished
	podGone
	podOver
	podResized
	nodeAdded
	nodeRemoved
	nodeUnready
	nodeReady
	nodeResized
)

// shift is how much more a pod or node, by its index in the history, requests or offers.
type shift struct {
	of   int32
	more []int64
}

func newSweep(h *history.History, lives []life, am amounts) *sweep {
	width, names := len(am.resources), namesOf(h)
	s := &sweep{
		end:         h.End,
		lives:       lives,
		amounts:     am,
		changes:     make([]change, 0, 5*len(lives)+2*len(h.Nodes)),
		requested:   make([]int64, width),
		allocatable: make([]int64, width),
		names:       names,
		there:       make([]int32, names.count),
		on:          make([]int64, names.count*width),
		peaks:       make([]fraction, width),
		used:        make([]area, width),
		offered:     make([]area, width),
	}
	for i := range s.peaks {
		s.peaks[i] = fraction{0, 1}
	}
	for i, l := range lives {
		s.add(l.created, i, podCreated)
		s.add(l.bound, i, podBound)
		s.add(l.finished, i, podFinished)
		s.add(l.gone(), i, podGone)
		s.add(l.over(), i, podOver)
		if came(l.bound) {
			s.addShifts(&am.pods, i, l.bound, l.over(), podResized)
		}
	}
	for i, n := range h.Nodes {
		s.addNode(n, i)
	}
	slices.SortFunc(s.changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	return s
}

// addShifts adds what makes of the first row of a pod or node, which it has from one instant to
// another, those that it has later, and at the end the first one again.
func (s *sweep) addShifts(t *table, index int, from, to time.Duration, kind changeKind) {
	if len(t.later[int32(index)]) == 0 {
		return
	}
	first := t.at(int32(index))
	before := first
	become := func(at time.Duration, row []int64) {
		more := slices.Clone(row)
		addTo(more, before, -1)
		s.add(at, len(s.shifts), kind)
		s.shifts = append(s.shifts, shift{int32(index), more})
		before = row
	}
	for span, row := range t.during(int32(index), from, to) {
		become(min(span.From, s.end), row)
	}
	if came(to) {
		become(to, first)
	}
}

func (s *sweep) add(at time.Duration, index int, kind changeKind) {
	if came(at) {
		s.changes = append(s.changes, change{at, int32(index), kind})
	}
}

func (s *sweep) addNode(n *history.Node, index int) {
	added, removed := within(n.Added, s.end), within(n.Removed, s.end)
	if !came(added) {
		return
	}
	s.add(added, index, nodeAdded)
	s.add(removed, index, nodeRemoved)
	s.addShifts(&s.amounts.nodes, index, added, removed, nodeResized)
	for _, span := range n.NotReady {
		// Only the part within the node's existence: adding it makes it
		// ready and removing it takes a ready node away.
		from := max(within(span.From, s.end), added)
		to := first(within(span.To, s.end), removed)
		if !came(to) || from < to {
			s.add(from, index, nodeUnready)
			s.add(to, index, nodeReady)
		}
	}
}

// run goes through the whole history and returns the state at the instants,
// which ascend up to the end of the run.
func (s *sweep) run(instants []time.Duration) []Point {
	points := make([]Point, 0, len(instants))
	for _, t := range instants {
		for s.next < len(s.changes) && s.changes[s.next].at <= t {
			s.step()
		}
		points = append(points, s.point(t))
	}
	s.pass(s.end)
	return points
}

// pass lets time pass to an instant, in which nothing changes.
func (s *sweep) pass(to time.Duration) {
	for i, offered := range s.allocatable {
		if offered > 0 {
			s.used[i].add(s.requested[i], to-s.upTo)
			s.offered[i].add(offered, to-s.upTo)
		}
	}
	s.upTo = to
}

// step applies all changes of the next instant and notes new peaks.
func (s *sweep) step() {
	at := s.changes[s.next].at
	s.pass(at)
	for s.next < len(s.changes) && s.changes[s.next].at == at {
		s.apply(s.changes[s.next])
		s.next++
	}
	s.peakNodes = max(s.peakNodes, s.now.Nodes)
	for i := range s.peaks {
		if s.allocatable[i] <= 0 {
			continue
		}
		if f := (fraction{s.requested[i], s.allocatable[i]}); s.peaks[i].less(f) {
			s.peaks[i] = f
		}
	}
}

func (s *sweep) apply(c change) {
	switch c.kind {
	case podCreated:
		s.now.Pending++
	case podBound:
		if s.lives[c.index].ran() {
			s.now.Pending--
			s.now.Running++
		}
		s.take(c.index, s.amounts.pods.at(c.index), +1)
	case podFinished:
		s.now.Succeeded += one(s.lives[c.index].succeeded)
		s.now.Failed += one(s.lives[c.index].failed)
	case podGone:
		if s.lives[c.index].ran() {
			s.now.Running--
		} else {
			s.now.Pending--
		}
	case podOver:
		if came(s.lives[c.index].bound) {
			s.take(c.index, s.amounts.pods.at(c.index), -1)
		}
	case podResized:
		s.take(s.shifts[c.index].of, s.shifts[c.index].more, +1)
	case nodeAdded:
		s.node(c.index, +1)
	case nodeRemoved:
		s.node(c.index, -1)
	case nodeResized:
		addTo(s.allocatable, s.shifts[c.index].more, +1)
	case nodeUnready:
		s.now.ReadyNodes--
	case nodeReady:
		s.now.ReadyNodes++
	}
}

// take has a pod request more, or less, of its node.
func (s *sweep) take(pod int32, row []int64, sign int64) {
	name := s.names.pods[pod]
	if name == noNode {
		return
	}
	addTo(s.onName(name), row, sign)
	if s.there[name] > 0 {
		addTo(s.requested, row, sign)
	}
}

// node has a node come or go.
func (s *sweep) node(index, sign int32) {
	s.now.Nodes += int(sign)
	s.now.ReadyNodes += int(sign)
	addTo(s.allocatable, s.amounts.nodes.at(index), int64(sign))
	name := s.names.nodes[index]
	before := s.there[name] > 0
	s.there[name] += sign
	if after := s.there[name] > 0; before != after {
		addTo(s.requested, s.onName(name), int64(sign))
	}
}

// onName is what pods request of the nodes of a name.
func (s *sweep) onName(name int32) []int64 {
	from := int(name) * len(s.requested)
	return s.on[from : from+len(s.requested)]
}

// utilization relates what pods requested to what nodes offered, for every
// resource that was on offer for some time. It is of the time that run went through.
func (s *sweep) utilization() map[string]Utilization {
	u := make(map[string]Utilization, len(s.peaks))
	for k, name := range s.amounts.resources {
		if s.offered[k].isZero() {
			continue
		}
		u[name] = Utilization{
			MeanRequested: ratio(s.used[k].int(), s.offered[k].int()),
			PeakRequested: s.peaks[k].float(),
		}
	}
	return u
}

func addTo(sums, row []int64, sign int64) {
	for i := range sums {
		sums[i] += sign * row[i]
	}
}

func (s *sweep) point(t time.Duration) Point {
	p := s.now
	p.AtSeconds = seconds(t)
	p.Requested = make(map[string]float64, len(s.requested))
	p.Allocatable = make(map[string]float64, len(s.allocatable))
	for i, name := range s.amounts.resources {
		p.Requested[name] = baseUnit(name, s.requested[i])
		p.Allocatable[name] = baseUnit(name, s.allocatable[i])
	}
	return p
}

// timelineSteps are the distances between points that people count in.
var timelineSteps = []time.Duration{
	1 * time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond,
	10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	1 * time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	1 * time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	1 * time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// sampleInstants returns at most maxPoints instants from zero to the end. They
// lie on the smallest round step that is coarse enough, and only the last
// one, the end itself, may come sooner: two runs of nearly the same length
// have points at the same instants and can be compared.
func sampleInstants(end time.Duration) []time.Duration {
	fits := func(step time.Duration) bool { return (end-1)/step < maxPoints-1 }
	step := timelineSteps[len(timelineSteps)-1]
	if i := slices.IndexFunc(timelineSteps, fits); i >= 0 {
		step = timelineSteps[i]
	}
	for !fits(step) {
		step *= 2
	}
	var instants []time.Duration
	for t := time.Duration(0); t < end; t += min(step, end-t) {
		instants = append(instants, t)
	}
	return append(instants, max(end, 0))
}
