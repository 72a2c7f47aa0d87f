package history

import (
	"iter"
	"time"
)

// Later is what something is from an instant on.
type Later[T any] struct {
	From  time.Duration
	Value T
}

// Stretches cuts the time from one instant to another, which may be Never, into stretches in which
// something is the same: first, and then what later says, whose instants ascend. It yields no
// stretch that takes no time; To of the last one is Never where to is.
func Stretches[T any](first T, later []Later[T], from, to time.Duration) iter.Seq2[Span, T] {
	return func(yield func(Span, T) bool) {
		now := first
		for _, l := range later {
			if l.From > from {
				if to != Never && l.From >= to {
					break
				}
				if !yield(Span{from, l.From}, now) {
					return
				}
				from = l.From
			}
			now = l.Value
		}
		if to == Never || from < to {
			yield(Span{from, to}, now)
		}
	}
}

// Request notes what the pod requests from an instant on, not before the last one noted. What it
// requested before it was bound took nothing from a node and is not kept.
func (p *Pod) Request(at time.Duration, r Resources) {
	if p.Bound == Never || at <= p.Bound {
		p.Requests = r
		return
	}
	p.Resized = note(p.Resized, at, r)
}

// Requested is what the pod requests by what was noted last.
func (p *Pod) Requested() Resources { return latest(p.Requests, p.Resized) }

// Held yields what the pod requested between two instants, as Stretches does.
func (p *Pod) Held(from, to time.Duration) iter.Seq2[Span, Resources] {
	return Stretches(p.Requests, p.Resized, from, to)
}

// Offer notes what the node offers from an instant on, not before the last one noted.
func (n *Node) Offer(at time.Duration, r Resources) {
	if at <= n.Added {
		n.Allocatable = r
		return
	}
	n.Resized = note(n.Resized, at, r)
}

// Offered is what the node offers by what was noted last.
func (n *Node) Offered() Resources { return latest(n.Allocatable, n.Resized) }

// Offers yields what the node offered between two instants, as Stretches does.
func (n *Node) Offers(from, to time.Duration) iter.Seq2[Span, Resources] {
	return Stretches(n.Allocatable, n.Resized, from, to)
}

func note(list []Later[Resources], at time.Duration, r Resources) []Later[Resources] {
	if last := len(list) - 1; last >= 0 && list[last].From == at {
		list[last].Value = r // an instant is what is left after it
		return list
	}
	return append(list, Later[Resources]{at, r})
}

func latest(first Resources, later []Later[Resources]) Resources {
	if len(later) == 0 {
		return first
	}
	return later[len(later)-1].Value
}
