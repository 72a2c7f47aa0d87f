package groups

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// agenda is what is to happen, by instant and then in the order in which it was
// put there. One goroutine does it.
type agenda struct {
	mu      sync.Mutex
	entries entries
	seq     int
	// changed wakes the goroutine when something comes before what it waits for.
	changed chan struct{}
	stopped chan struct{}
	once    sync.Once
}

type entry struct {
	at  time.Time
	seq int
	do  func(context.Context)
	// optional: it comes back for ever, or by chance, so nobody waits for it.
	optional bool
}

func newAgenda() *agenda {
	return &agenda{changed: make(chan struct{}, 1), stopped: make(chan struct{})}
}

// at lets do happen at t, or as soon as possible after it.
func (a *agenda) at(t time.Time, do func(context.Context)) { a.add(t, do, false) }

// maybeAt is at for what no run waits for.
func (a *agenda) maybeAt(t time.Time, do func(context.Context)) { a.add(t, do, true) }

func (a *agenda) add(t time.Time, do func(context.Context), optional bool) {
	a.mu.Lock()
	a.seq++
	heap.Push(&a.entries, entry{t, a.seq, do, optional})
	a.mu.Unlock()
	select {
	case a.changed <- struct{}{}:
	default:
	}
}

// next is the first instant of what is not optional.
func (a *agenda) next() (t time.Time, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.entries {
		if !e.optional && (!ok || e.at.Before(t)) {
			t, ok = e.at, true
		}
	}
	return t, ok
}

// stop ends serve.
func (a *agenda) stop() { a.once.Do(func() { close(a.stopped) }) }

// serve does what is due until ctx ends or the agenda is stopped; together runs what
// is due at one instant.
func (a *agenda) serve(ctx context.Context, together func(do func())) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		wait, some := a.wait()
		if some && wait <= 0 {
			together(func() { a.work(ctx) })
			continue
		}
		if some {
			timer.Reset(wait)
		}
		select {
		case <-timer.C:
		case <-a.changed:
		case <-a.stopped:
			return
		case <-ctx.Done():
			return
		}
	}
}

// wait is how long nothing is due; some is false if nothing ever will be.
func (a *agenda) wait() (wait time.Duration, some bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.entries) == 0 {
		return 0, false
	}
	return time.Until(a.entries[0].at), true
}

// work does all that is due.
func (a *agenda) work(ctx context.Context) {
	for ctx.Err() == nil {
		a.mu.Lock()
		if len(a.entries) == 0 || a.entries[0].at.After(time.Now()) {
			a.mu.Unlock()
			return
		}
		due := heap.Pop(&a.entries).(entry)
		a.mu.Unlock()
		due.do(ctx)
	}
}

type entries []entry

func (e entries) Len() int { return len(e) }
func (e entries) Less(i, j int) bool {
	if !e[i].at.Equal(e[j].at) {
		return e[i].at.Before(e[j].at)
	}
	return e[i].seq < e[j].seq
}
func (e entries) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

// Push implements heap.Interface.
func (e *entries) Push(x any) { *e = append(*e, x.(entry)) }

// Pop implements heap.Interface.
func (e *entries) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}
