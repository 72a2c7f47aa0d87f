// Package agenda runs functions at instants, on one goroutine with one timer: however many
// entries an agenda holds, only the earliest costs the runtime a timer. It imports nothing of
// simk, so that virtual nodes and groups of machines share it.
package agenda

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// Agenda is what is to happen, in the order of the instants and at one instant in the order of
// asking. Its methods may be called from any goroutine, and by what it runs.
type Agenda struct {
	mu      sync.Mutex
	entries entries
	seq     uint64
	// changed wakes Serve when something comes before what it waits for.
	changed chan struct{}
}

// Entry is one thing that is to happen.
type Entry struct {
	at  time.Time
	seq uint64
	do  func(context.Context)
	// optional: Next does not count it.
	optional bool
	// index in the heap; -1 once it has been taken out.
	index int
}

// New returns an empty agenda.
func New() *Agenda { return &Agenda{changed: make(chan struct{}, 1)} }

// At asks for do to be called at t, or as soon as possible after it, with the context of Serve.
func (a *Agenda) At(t time.Time, do func(context.Context)) *Entry { return a.add(t, do, false) }

// MaybeAt is At for what no run waits for: it comes back for ever, or by chance.
func (a *Agenda) MaybeAt(t time.Time, do func(context.Context)) *Entry { return a.add(t, do, true) }

func (a *Agenda) add(t time.Time, do func(context.Context), optional bool) *Entry {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seq++
	e := &Entry{at: t, seq: a.seq, do: do, optional: optional}
	heap.Push(&a.entries, e)
	if e.index == 0 {
		select {
		case a.changed <- struct{}{}:
		default: // it will look in any case
		}
	}
	return e
}

// Cancel takes e back. It is no error if e is nil, or has begun.
func (a *Agenda) Cancel(e *Entry) {
	if e == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if e.index >= 0 {
		heap.Remove(&a.entries, e.index)
	}
}

// Next is the first instant for which something was asked by At; ok is false if there is none.
func (a *Agenda) Next() (t time.Time, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.entries {
		if e.optional || ok && !e.at.Before(t) {
			continue
		}
		if t, ok = e.at, true; e.index == 0 {
			break // the first of all
		}
	}
	return t, ok
}

// Serve does what is due until ctx ends. Together is called with what does all that is due at
// one instant; nil: it just happens.
func (a *Agenda) Serve(ctx context.Context, together func(do func())) {
	if together == nil {
		together = func(do func()) { do() }
	}
	timer := time.NewTimer(time.Hour) // until it is set below
	defer timer.Stop()
	for ctx.Err() == nil {
		wait, some := a.wait()
		if some && wait <= 0 {
			together(func() { a.work(ctx) })
			continue
		}
		if some {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
		select {
		case <-timer.C:
		case <-a.changed:
		case <-ctx.Done():
		}
	}
}

// wait is how long nothing is due; some is false if nothing ever will be.
func (a *Agenda) wait() (wait time.Duration, some bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.entries) == 0 {
		return 0, false
	}
	return time.Until(a.entries[0].at), true
}

// work does all that is due.
func (a *Agenda) work(ctx context.Context) {
	for ctx.Err() == nil {
		e := a.due()
		if e == nil {
			return
		}
		e.do(ctx)
	}
}

// due takes out the first entry, if its instant has come; else nil.
func (a *Agenda) due() *Entry {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.entries) == 0 || a.entries[0].at.After(time.Now()) {
		return nil
	}
	return heap.Pop(&a.entries).(*Entry)
}

// entries are a heap.
type entries []*Entry

func (e entries) Len() int { return len(e) }
func (e entries) Less(i, j int) bool {
	if !e[i].at.Equal(e[j].at) {
		return e[i].at.Before(e[j].at)
	}
	return e[i].seq < e[j].seq
}
func (e entries) Swap(i, j int) {
	e[i], e[j] = e[j], e[i]
	e[i].index, e[j].index = i, j
}

// Push implements heap.Interface.
func (e *entries) Push(x any) {
	entry := x.(*Entry)
	entry.index = len(*e)
	*e = append(*e, entry)
}

// Pop implements heap.Interface.
func (e *entries) Pop() any {
	old := *e
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*e = old[:len(old)-1]
	last.index = -1
	return last
}
