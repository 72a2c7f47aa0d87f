package journal

import (
	"cmp"
	"math"
	"slices"
)

// arrange gives each entry its time and brings them into order.
func arrange(entries []entry, anchors []anchor) {
	settleLatest(entries, anchors)
	// What is told about one object is told in its order. Two apiservers may
	// have clocks that differ.
	last := map[uint64]anchor{}
	for i := range entries {
		e := &entries[i]
		if e.op == opFail || e.op == opRecover {
			continue // a failure is noticed long after it happened
		}
		known := last[e.id]
		e.at, e.rv = max(e.at, known.at), max(e.rv, known.rv)
		last[e.id] = anchor{e.rv, e.at}
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.rv, b.rv))
	})
}

// settleLatest finds the times of entries that only know the latest that theirs
// can be: a revision that came after them may have an earlier time.
func settleLatest(entries []entry, anchors []anchor) {
	if !slices.ContainsFunc(entries, func(e entry) bool { return e.latest }) {
		return
	}
	slices.SortFunc(anchors, func(a, b anchor) int { return cmp.Compare(a.rv, b.rv) })
	// From here on at is the earliest time of a revision and all later ones.
	earliest := int64(math.MaxInt64)
	for i := len(anchors) - 1; i >= 0; i-- {
		earliest = min(earliest, anchors[i].at)
		anchors[i].at = earliest
	}
	for i := range entries {
		e := &entries[i]
		if !e.latest || e.rv == 0 {
			continue
		}
		next, _ := slices.BinarySearchFunc(anchors, e.rv, func(a anchor, rv uint64) int { return cmp.Compare(a.rv, rv) })
		if next < len(anchors) {
			e.at = min(e.at, anchors[next].at)
		}
	}
}
