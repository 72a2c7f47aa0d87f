package vnode

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// agenda runs functions at instants, on one goroutine with one timer, in the
// order of (instant, order of asking). However many entries it holds, only the
// earliest costs the runtime a timer.
type agenda struct {
	mu      sync.Mutex
	entries entryHeap
	seq     uint64
	changed chan struct{}
}

type entry struct {
	at  time.Time
	seq uint64
	run func()
	// index in the heap; -1 once run or cancelled.
	index int
}

func newAgenda() *agenda {
	return &agenda{changed: make(chan struct{}, 1)}
}

// at asks for run to be called at instant t, or as soon as possible after it.
func (a *agenda) at(t time.Time, run func()) *entry {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seq++
	e := &entry{at: t, seq: a.seq, run: run}
	heap.Push(&a.entries, e)
	if e.index == 0 {
		select {
		case a.changed <- struct{}{}:
		default:
		}
	}
	return e
}

// cancel takes e back; it is no error if e is nil or has run.
func (a *agenda) cancel(e *entry) {
	if e == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if e.index >= 0 {
		heap.Remove(&a.entries, e.index)
	}
}

// serve runs entries until ctx ends.
func (a *agenda) serve(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		run, wait := a.next()
		if run != nil {
			run()
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-a.changed:
		case <-ctx.Done():
			return
		}
	}
}

// idle is how long serve sleeps when the agenda is empty.
const idle = 100 * 365 * 24 * time.Hour

// next returns what is due now, or how long there is nothing to do.
func (a *agenda) next() (func(), time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.entries) == 0 {
		return nil, idle
	}
	if wait := time.Until(a.entries[0].at); wait > 0 {
		return nil, wait
	}
	return heap.Pop(&a.entries).(*entry).run, 0
}

type entryHeap []*entry

func (h entryHeap) Len() int { return len(h) }
func (h entryHeap) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].seq < h[j].seq
}
func (h entryHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *entryHeap) Push(x any) {
	e := x.(*entry)
	e.index = len(*h)
	*h = append(*h, e)
}
func (h *entryHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	e.index = -1
	return e
}
