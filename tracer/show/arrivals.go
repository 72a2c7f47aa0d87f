package show

import (
	"time"

	"simk.dev/simk/tracer"
)

const (
	// mostSteps is how many steps of arrivals are shown; mostKept bounds the
	// steps that are kept while the end of the trace is not known.
	mostSteps, mostKept = 48, 20_000
	day                 = 24 * time.Hour
)

// stepLengths are lengths of steps; each divides the next.
var stepLengths = []time.Duration{time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, day, 7 * day, 28 * day, 364 * day, 3640 * day}

// arrivals counts pods in steps of time, which grow when there are too many.
type arrivals struct {
	length int // index in stepLengths
	pods   map[int64]int
}

func newArrivals() arrivals { return arrivals{pods: map[int64]int{}} }

func (a *arrivals) add(at time.Duration, n int) {
	a.pods[int64(at/stepLengths[a.length])] += n
	if len(a.pods) > mostKept {
		a.coarser()
	}
}

// coarser goes on to the next length of steps.
func (a *arrivals) coarser() {
	if a.length+1 == len(stepLengths) {
		return
	}
	factor := int64(stepLengths[a.length+1] / stepLengths[a.length])
	pods := make(map[int64]int, len(a.pods))
	for step, n := range a.pods {
		pods[step/factor] += n
	}
	a.pods = pods
	a.length++
}

// steps returns the numbers from offset 0 to the last arrival.
func (a *arrivals) steps() Arrivals {
	for a.last() >= mostSteps && a.length+1 < len(stepLengths) {
		a.coarser()
	}
	out := Arrivals{step: stepLengths[a.length], Step: tracer.FormatDuration(stepLengths[a.length]), Pods: []int{}}
	if len(a.pods) > 0 {
		out.Pods = make([]int, a.last()+1)
	}
	for step, n := range a.pods {
		out.Pods[step] = n
	}
	return out
}

func (a *arrivals) last() int64 {
	last := int64(0)
	for step := range a.pods {
		last = max(last, step)
	}
	return last
}
