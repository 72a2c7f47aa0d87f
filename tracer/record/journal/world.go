package journal

import (
	"cmp"
	"slices"
)

// world is what exists at a point of a recording.
type world struct {
	exists map[uint64]int // number of the last state, from 1, by identity
	states []entry        // the last state of each object
	failed map[uint64]entry
}

// follow lets an entry happen. It returns false for one that changes nothing:
// two recorders' segments overlap, and clocks may differ.
func (w *world) follow(e entry) bool {
	at := w.exists[e.id]
	switch e.op {
	case opState, opApply:
		if at > 0 {
			w.states[at-1] = e
			return true
		}
		w.states = append(w.states, e)
		w.exists[e.id] = len(w.states)
	case opDelete:
		if at == 0 {
			return false
		}
		w.states[at-1].op = opDelete
		delete(w.exists, e.id)
		delete(w.failed, e.id)
	case opFail:
		if _, failed := w.failed[e.id]; failed || at == 0 {
			return false
		}
		w.failed[e.id] = e
	case opRecover:
		if _, failed := w.failed[e.id]; !failed {
			return false
		}
		delete(w.failed, e.id)
	case opDrain:
		return at > 0
	}
	return true
}

// objects are the last states of what exists.
func (w *world) objects() []entry {
	return slices.DeleteFunc(slices.Clone(w.states), func(e entry) bool { return e.op == opDelete })
}

// failures are those of the nodes that are down.
func (w *world) failures() []entry {
	var all []entry
	for _, e := range w.failed {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.file, b.file), cmp.Compare(a.offset, b.offset))
	})
	return all
}
