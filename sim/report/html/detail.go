package html

import (
	"cmp"
	"slices"
	"time"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/sim/report"
)

// detail is what the page shows beyond the report.
type detail struct {
	// PendingPeak is, for each point of the report's timeline, the largest number of
	// pods that waited at an instant since the point before.
	PendingPeak []int `json:"pendingPeak"`
	// Waits count the pods that were bound, by how long they waited.
	Waits []waited `json:"waits"`
	Heat  heat     `json:"heat"`
	Pods  worst    `json:"pods"`
	// Scaling is what the autoscaler decided; left out where there was none.
	Scaling *scaling `json:"scaling,omitempty"`
}

func detailOf(r *report.Report, h *history.History) detail {
	stays := report.Stays(h)
	instants := instantsOf(r, h)
	return detail{
		PendingPeak: pendingPeaks(stays, instants),
		Waits:       waits(stays),
		Heat:        heatOf(r, h, stays, instants),
		Pods:        worstOf(h, stays),
		Scaling:     scalingOf(h, instants),
	}
}

// instantsOf returns those of the report's timeline. It gives them in whole
// microseconds, and all but the end are round.
func instantsOf(r *report.Report, h *history.History) []time.Duration {
	instants := make([]time.Duration, len(r.Timeline))
	for i, p := range r.Timeline {
		instants[i] = time.Duration(p.AtSeconds*1e6+0.5) * time.Microsecond
	}
	if len(instants) > 0 {
		instants[len(instants)-1] = max(h.End, 0)
	}
	return instants
}

// pendingPeaks looks between the instants, where the timeline does not.
func pendingPeaks(stays []report.Stay, instants []time.Duration) []int {
	type change struct {
		at    time.Duration
		delta int
	}
	changes := make([]change, 0, 2*len(stays))
	add := func(at time.Duration, delta int) {
		if came(at) {
			changes = append(changes, change{at, delta})
		}
	}
	for _, s := range stays {
		add(s.Created, +1)
		if came(s.Bound) {
			add(s.Bound, -1)
		} else {
			add(s.Over, -1)
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	peaks := make([]int, len(instants))
	pending, next := 0, 0
	for i, t := range instants {
		peak := 0
		for next < len(changes) && changes[next].at <= t {
			at := changes[next].at
			for next < len(changes) && changes[next].at == at { // an instant is what is left after it
				pending += changes[next].delta
				next++
			}
			peak = max(peak, pending)
		}
		peaks[i] = max(peak, pending)
	}
	return peaks
}

// waited counts the pods that waited up to UpToSeconds, and longer than the entry
// before says.
type waited struct {
	UpToSeconds float64 `json:"upToSeconds"`
	Pods        int     `json:"pods"`
}

// waitSteps are spans that people count in; the last one is endless in practice.
var waitSteps = []time.Duration{
	0, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 5 * time.Hour, 12 * time.Hour, 24 * time.Hour,
	48 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 100 * 365 * 24 * time.Hour,
}

// waits counts up to the last step that has pods, but at least four.
func waits(stays []report.Stay) []waited {
	list := make([]waited, len(waitSteps))
	for i, step := range waitSteps {
		list[i].UpToSeconds = step.Seconds()
	}
	last := 3
	for _, s := range stays {
		if !came(s.Bound) {
			continue
		}
		i, _ := slices.BinarySearch(waitSteps, s.Bound-s.Created)
		i = min(i, len(list)-1)
		list[i].Pods++
		last = max(last, i)
	}
	return list[:last+1]
}

func came(t time.Duration) bool { return t >= 0 }
