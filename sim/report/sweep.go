package report

import (
	"cmp"
	"slices"
	"time"

	"simk.dev/simk/sim/history"
)

// sweep walks once through everything that changed, in order of time, and
// keeps the state of the cluster at that instant: the timeline is what it saw
// at chosen instants, the peaks are the largest of all it saw. The work is
// that of sorting the changes.
type sweep struct {
	end     time.Duration
	lives   []life
	amounts amounts
	changes []change
	next    int // the first change not yet applied

	now                    Point // its maps are unused: these two hold the amounts
	requested, allocatable []int64

	peakNodes int
	peaks     []fraction // of requested over allocatable, by resource
}

// change is one pod or node, by its index in the history, at a turning point.
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
	nodeAdded
	nodeRemoved
	nodeUnready
	nodeReady
)

func newSweep(h *history.History, lives []life, am amounts) *sweep {
	s := &sweep{
		end:         h.End,
		lives:       lives,
		amounts:     am,
		changes:     make([]change, 0, 5*len(lives)+2*len(h.Nodes)),
		requested:   make([]int64, len(am.resources)),
		allocatable: make([]int64, len(am.resources)),
		peaks:       make([]fraction, len(am.resources)),
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
	}
	for i, n := range h.Nodes {
		s.addNode(n, i)
	}
	slices.SortFunc(s.changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	return s
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
	return points
}

// step applies all changes of the next instant and notes new peaks.
func (s *sweep) step() {
	at := s.changes[s.next].at
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
		addTo(s.requested, s.amounts.requests(c.index), +1)
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
			addTo(s.requested, s.amounts.requests(c.index), -1)
		}
	case nodeAdded:
		s.now.Nodes++
		s.now.ReadyNodes++
		addTo(s.allocatable, s.amounts.allocatable(c.index), +1)
	case nodeRemoved:
		s.now.Nodes--
		s.now.ReadyNodes--
		addTo(s.allocatable, s.amounts.allocatable(c.index), -1)
	case nodeUnready:
		s.now.ReadyNodes--
	case nodeReady:
		s.now.ReadyNodes++
	}
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
