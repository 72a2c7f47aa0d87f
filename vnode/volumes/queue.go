package volumes

import (
	"context"
	"slices"
	"sync"
	"time"
)

// task is something to do with a claim or a volume.
type task struct {
	kind string // claimTask or volumeTask
	key  string // of the informer's cache
}

const (
	claimTask  = "claim"
	volumeTask = "volume"
)

// queue hands out tasks at instants, one after the other, in the order of (instant, order of
// asking), by one timer. A task that waits is not added again.
type queue struct {
	added chan entry

	mu      sync.Mutex
	entries []entry
	waiting map[task]bool
}

type entry struct {
	at time.Time
	task
}

func newQueue() *queue { return &queue{waiting: map[task]bool{}, added: make(chan entry)} }

// add asks for a task after a delay, until ctx ends. It may be called by anybody.
func (q *queue) add(ctx context.Context, t task, delay time.Duration) {
	select {
	case q.added <- entry{time.Now().Add(delay), t}:
	case <-ctx.Done():
	}
}

// put is add for the goroutine of serve.
func (q *queue) put(e entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting[e.task] {
		return
	}
	q.waiting[e.task] = true
	i, _ := slices.BinarySearchFunc(q.entries, e, func(a, b entry) int {
		if a.at.After(b.at) {
			return 1
		}
		return -1 // equal ones stay before
	})
	q.entries = slices.Insert(q.entries, i, e)
}

// next is when the first task is due, if there is one.
func (q *queue) next() (time.Time, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.entries) == 0 {
		return time.Time{}, false
	}
	return q.entries[0].at, true
}

// take takes the first task out.
func (q *queue) take() (task, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.entries) == 0 {
		return task{}, false
	}
	t := q.entries[0].task
	q.entries = q.entries[1:]
	delete(q.waiting, t)
	return t, true
}

// idle is how long serve sleeps when there is nothing to do.
const idle = 100 * 365 * 24 * time.Hour

// serve runs tasks until ctx ends. do returns after which time a task is wanted again; a
// negative one is never.
func (q *queue) serve(ctx context.Context, do func(context.Context, task) time.Duration) {
	timer := time.NewTimer(idle)
	defer timer.Stop()
	for {
		wait := idle
		if at, ok := q.next(); ok {
			wait = time.Until(at)
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case e := <-q.added:
			q.put(e)
		case <-timer.C:
			t, ok := q.take()
			if !ok {
				continue
			}
			if again := do(ctx, t); again >= 0 {
				q.put(entry{time.Now().Add(again), t})
			}
		}
	}
}
