package controlplane

import (
	"errors"
	"sync"

	"k8s.io/client-go/tools/cache"
)

// fanOut is an informer that passes each event to its handlers one after the
// other, in the order in which they were added.
//
// Upstream gives each handler a goroutine and wakes these in the order of a map
// of pointers: with more than eight handlers that is the order of
// addresses, which no seed governs. It also costs two goroutine switches for each
// handler and event. Handlers must not block, which upstream asks of them too.
//
// A handler that comes when there are objects already is served by upstream,
// which can tell it of them.
type fanOut struct {
	cache.SharedIndexInformer

	mu       sync.Mutex
	handlers []cache.ResourceEventHandler
	shared   cache.ResourceEventHandlerRegistration // of all handlers
}

// AddEventHandler implements cache.SharedInformer.
func (f *fanOut) AddEventHandler(h cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration, error) {
	return f.AddEventHandlerWithOptions(h, cache.HandlerOptions{})
}

// AddEventHandlerWithOptions implements cache.SharedInformer. Nobody here asks
// to see unchanged objects again, so there is no resync period.
func (f *fanOut) AddEventHandlerWithOptions(h cache.ResourceEventHandler, options cache.HandlerOptions) (
	cache.ResourceEventHandlerRegistration, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.GetStore().ListKeys()) > 0 {
		return f.SharedIndexInformer.AddEventHandlerWithOptions(h, options)
	}
	f.handlers = append(f.handlers, h)
	if f.shared != nil {
		return f.shared, nil
	}
	var err error
	f.shared, err = f.SharedIndexInformer.AddEventHandler(cache.ResourceEventHandlerDetailedFuncs{
		AddFunc: func(obj any, initial bool) {
			for _, h := range f.all() {
				h.OnAdd(obj, initial)
			}
		},
		UpdateFunc: func(old, obj any) {
			for _, h := range f.all() {
				h.OnUpdate(old, obj)
			}
		},
		DeleteFunc: func(obj any) {
			for _, h := range f.all() {
				h.OnDelete(obj)
			}
		},
	})
	return f.shared, err
}

// all returns the handlers so far; they are only ever appended to.
func (f *fanOut) all() []cache.ResourceEventHandler {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.handlers
}

// RemoveEventHandler implements cache.SharedInformer.
func (f *fanOut) RemoveEventHandler(handle cache.ResourceEventHandlerRegistration) error {
	if handle == f.shared {
		return errors.New("a handler of pods or nodes stays until the end")
	}
	return f.SharedIndexInformer.RemoveEventHandler(handle)
}
