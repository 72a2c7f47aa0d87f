package html

import (
	"cmp"
	"slices"
	"time"
	"unicode/utf8"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/sim/report"
)

const (
	maxListed  = 1000 // pods of a kind
	maxMessage = 400  // bytes
)

// worst are the pods worth a look, by kind.
type worst struct {
	Pending listed `json:"pending"` // wait at the end, longest first
	Slowest listed `json:"slowest"` // bound, longest wait first
	Failed  listed `json:"failed"`  // latest first
	Ended   listed `json:"ended"`   // evicted or preempted, latest first
}

// listed are the first pods of a kind.
type listed struct {
	Total int        `json:"total"`
	Pods  []podEntry `json:"pods"`
}

// podEntry is a pod. Times are seconds from the trace's start.
type podEntry struct {
	Namespace string   `json:"namespace"`
	Name      string   `json:"name"`
	Owner     string   `json:"owner"`
	Node      string   `json:"node,omitempty"`
	Created   float64  `json:"created"`
	Waited    float64  `json:"waited"` // so far, where it still waits
	Over      *float64 `json:"over,omitempty"`
	ExitCode  *int32   `json:"exitCode,omitempty"`
	Restarts  int32    `json:"restarts,omitempty"`
	Preempted bool     `json:"preempted,omitempty"`
	// Reason is what the report counts pending pods by, Message the scheduler's
	// whole last one.
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
}

// candidate is a pod while the worst are looked for.
type candidate struct {
	pod  *history.Pod
	stay report.Stay
	by   time.Duration // the more, the worse
	rank int           // compared first: the less, the worse
}

func worstOf(h *history.History, stays []report.Stay) worst {
	var pending, slowest, failed, ended []candidate
	for i, p := range h.Pods {
		s := stays[i]
		switch {
		case came(s.Bound):
			if s.Bound > s.Created {
				slowest = append(slowest, candidate{pod: p, stay: s, by: s.Bound - s.Created})
			}
		case !came(s.Over):
			pending = append(pending, candidate{pod: p, stay: s, by: h.End - s.Created})
		}
		if s.Failed {
			failed = append(failed, candidate{pod: p, stay: s, by: s.Over})
		}
		if p.Evicted || p.Preempted {
			ended = append(ended, candidate{pod: p, stay: s, by: s.Over})
		}
	}
	rankByReason(pending)
	return worst{
		Pending: list(pending),
		Slowest: list(slowest),
		Failed:  list(failed),
		Ended:   list(ended),
	}
}

// rankByReason makes sure that pods of each reason are listed, however many there
// are of another: the ranks of those that waited longest for their reason come
// first.
func rankByReason(pending []candidate) {
	if len(pending) <= maxListed {
		return
	}
	slices.SortFunc(pending, compare)
	seen := map[string]int{}
	for i := range pending {
		reason := pending[i].pod.Reason
		pending[i].rank = seen[reason]
		seen[reason]++
	}
}

// list returns the worst maxListed of them, longest first.
func list(all []candidate) listed {
	l := listed{Total: len(all), Pods: []podEntry{}}
	slices.SortFunc(all, compare)
	chosen := all[:min(len(all), maxListed)]
	slices.SortFunc(chosen, func(a, b candidate) int {
		a.rank, b.rank = 0, 0
		return compare(a, b)
	})
	for _, c := range chosen {
		l.Pods = append(l.Pods, c.entry())
	}
	return l
}

// compare is an order that does not depend on the history's.
func compare(a, b candidate) int {
	return cmp.Or(
		cmp.Compare(a.rank, b.rank),
		cmp.Compare(b.by, a.by),
		cmp.Compare(a.pod.Namespace, b.pod.Namespace),
		cmp.Compare(a.pod.Name, b.pod.Name),
		cmp.Compare(a.stay.Created, b.stay.Created),
		cmp.Compare(a.stay.Over, b.stay.Over),
	)
}

func (c candidate) entry() podEntry {
	p := c.pod
	e := podEntry{
		Namespace: p.Namespace, Name: p.Name, Owner: p.Owner, Node: p.Node,
		Created: c.stay.Created.Seconds(), Restarts: p.Restarts, Preempted: p.Preempted,
	}
	switch {
	case came(c.stay.Bound):
		e.Waited = (c.stay.Bound - c.stay.Created).Seconds()
	case came(c.stay.Over):
		e.Waited = (c.stay.Over - c.stay.Created).Seconds()
	default:
		e.Waited = c.by.Seconds()
		e.Reason = shorten(cmp.Or(p.Reason, report.NoReason))
		e.Message = shorten(p.Message)
	}
	if came(c.stay.Over) {
		over := c.stay.Over.Seconds()
		e.Over = &over
	}
	if p.HasExit {
		e.ExitCode = &p.ExitCode
	}
	return e
}

// shorten keeps messages about thousands of nodes from filling the page.
func shorten(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	end := maxMessage
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
