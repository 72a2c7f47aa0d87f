package kwok

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// queue holds what the engine's goroutine is to do, first in, first out. It has no bound: informers
// must not wait for the engine, which waits for the apiserver.
type queue struct {
	mu    sync.Mutex
	items []any
	wake  chan struct{}
	// waits says that nodesChanged is in the queue: once is enough.
	waits bool
}

// change is an object as it is now, or as it was when it went.
type change struct {
	resource *resource
	object   object
	gone     bool
}

// nodesChanged: nodes came, went, booted, failed or recovered.
type nodesChanged struct{}

// definitionsChanged: kinds may be served that were not before.
type definitionsChanged struct{}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

func (q *queue) add(item any) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, ok := item.(nodesChanged); ok {
		if q.waits {
			return
		}
		q.waits = true
	}
	q.items = append(q.items, item)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// next waits for an item; ok is false when ctx has ended.
func (q *queue) next(ctx context.Context) (item any, ok bool) {
	for {
		q.mu.Lock()
		if len(q.items) > 0 {
			item, q.items[0] = q.items[0], nil
			q.items = q.items[1:]
			if _, ok := item.(nodesChanged); ok {
				q.waits = false
			}
			q.mu.Unlock()
			return item, ctx.Err() == nil
		}
		q.items = nil
		q.mu.Unlock()
		select {
		case <-q.wake:
		case <-ctx.Done():
			return nil, false
		}
	}
}

// sorted are the objects of a cache, which has them in a map, by namespace and name.
func sorted(all []any) []object {
	objects := make([]object, len(all))
	for i, o := range all {
		objects[i] = o.(object)
	}
	slices.SortFunc(objects, func(a, b object) int {
		if c := strings.Compare(a.GetNamespace(), b.GetNamespace()); c != 0 {
			return c
		}
		return strings.Compare(a.GetName(), b.GetName())
	})
	return objects
}
