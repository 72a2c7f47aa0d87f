package karpenter

import (
	"context"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/cache"
)

// sources are where the manager's cache gets its informers from.
type sources struct {
	shared  informers.SharedInformerFactory
	changes *changes // hears of all
}

// informer returns the process's informer for kinds of Kubernetes', which then is
// watched and decoded once, and a new one for custom resources.
func (s *sources) informer(lw cache.ListerWatcher, object runtime.Object, _ time.Duration,
	indexers cache.Indexers) cache.SharedIndexInformer {
	i := s.find(lw, object, indexers)
	_, _ = i.AddEventHandler(s.changes) // fails for an informer that has stopped
	return i
}

func (s *sources) find(lw cache.ListerWatcher, object runtime.Object, indexers cache.Indexers) *ordered {
	if _, partial := object.(*metav1.PartialObjectMetadata); !partial {
		if kinds, _, err := scheme.Scheme.ObjectKinds(object); err == nil {
			resource, _ := meta.UnsafeGuessKindToResource(kinds[0])
			if known, err := s.shared.ForResource(resource); err == nil {
				i := &ordered{SharedIndexInformer: known.Informer(), shared: s.shared}
				if i.AddIndexers(indexers) == nil {
					return i
				}
			}
		}
	}
	return &ordered{SharedIndexInformer: cache.NewSharedIndexInformer(lw, object, 0, indexers)}
}

// ordered is an informer that calls its handlers one after the other, in the order
// in which they were added. Upstream wakes more than eight in the order of their addresses.
type ordered struct {
	cache.SharedIndexInformer
	shared informers.SharedInformerFactory // nil: not shared

	mu       sync.Mutex
	handlers []*registration
	source   cache.ResourceEventHandlerRegistration
}

// registration is a handler of an ordered informer.
type registration struct {
	cache.ResourceEventHandler
	informer *ordered
}

// HasSynced implements cache.ResourceEventHandlerRegistration.
func (r *registration) HasSynced() bool { return r.informer.source.HasSynced() }

// HasSyncedChecker implements cache.ResourceEventHandlerRegistration.
func (r *registration) HasSyncedChecker() cache.DoneChecker {
	return r.informer.source.HasSyncedChecker()
}

// AddIndexers implements cache.SharedIndexInformer. Others may have added some already.
func (i *ordered) AddIndexers(indexers cache.Indexers) error {
	missing := cache.Indexers{}
	existing := i.GetIndexer().GetIndexers()
	for name, f := range indexers {
		if _, ok := existing[name]; !ok {
			missing[name] = f
		}
	}
	return i.SharedIndexInformer.AddIndexers(missing)
}

// AddEventHandler implements cache.SharedInformer.
func (i *ordered) AddEventHandler(h cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration, error) {
	return i.AddEventHandlerWithOptions(h, cache.HandlerOptions{})
}

// AddEventHandlerWithResyncPeriod implements cache.SharedInformer.
func (i *ordered) AddEventHandlerWithResyncPeriod(h cache.ResourceEventHandler, _ time.Duration) (
	cache.ResourceEventHandlerRegistration, error) {
	return i.AddEventHandlerWithOptions(h, cache.HandlerOptions{})
}

// AddEventHandlerWithOptions implements cache.SharedInformer. A handler that comes
// late is told of what there is.
func (i *ordered) AddEventHandlerWithOptions(h cache.ResourceEventHandler, _ cache.HandlerOptions) (
	cache.ResourceEventHandlerRegistration, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	r := &registration{h, i}
	if i.source == nil {
		i.handlers = append(i.handlers, r)
		var err error
		i.source, err = i.SharedIndexInformer.AddEventHandler((*fanOut)(i))
		return r, err
	}
	keys := i.GetStore().ListKeys()
	slices.Sort(keys)
	for _, key := range keys {
		if object, ok, err := i.GetStore().GetByKey(key); ok && err == nil {
			h.OnAdd(object, true)
		}
	}
	i.handlers = append(i.handlers, r)
	return r, nil
}

// RemoveEventHandler implements cache.SharedInformer.
func (i *ordered) RemoveEventHandler(handle cache.ResourceEventHandlerRegistration) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.handlers = slices.DeleteFunc(slices.Clone(i.handlers), func(r *registration) bool { return r == handle })
	return nil
}

// Run implements cache.SharedInformer.
func (i *ordered) Run(stop <-chan struct{}) {
	if i.shared == nil {
		i.SharedIndexInformer.Run(stop)
		return
	}
	i.shared.Start(stop) // if nobody has
	<-stop
}

// RunWithContext implements cache.SharedInformer.
func (i *ordered) RunWithContext(ctx context.Context) { i.Run(ctx.Done()) }

// SetTransform implements cache.SharedInformer. A shared informer has its owner's.
func (i *ordered) SetTransform(f cache.TransformFunc) error {
	if i.shared != nil {
		return nil
	}
	return i.SharedIndexInformer.SetTransform(f)
}

// SetWatchErrorHandlerWithContext implements cache.SharedInformer.
func (i *ordered) SetWatchErrorHandlerWithContext(h cache.WatchErrorHandlerWithContext) error {
	if i.shared != nil {
		return nil
	}
	return i.SharedIndexInformer.SetWatchErrorHandlerWithContext(h)
}

// fanOut is the one handler that an ordered informer adds to the one below it.
type fanOut ordered

func (f *fanOut) all() []*registration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.handlers
}

// OnAdd implements cache.ResourceEventHandler.
func (f *fanOut) OnAdd(object any, initial bool) {
	for _, r := range f.all() {
		r.ResourceEventHandler.OnAdd(object, initial) //nolint:staticcheck // r.OnAdd is this method itself
	}
}

// OnUpdate implements cache.ResourceEventHandler.
func (f *fanOut) OnUpdate(old, object any) {
	for _, r := range f.all() {
		r.ResourceEventHandler.OnUpdate(old, object) //nolint:staticcheck // r.OnUpdate is this method itself
	}
}

// OnDelete implements cache.ResourceEventHandler.
func (f *fanOut) OnDelete(object any) {
	for _, r := range f.all() {
		r.ResourceEventHandler.OnDelete(object) //nolint:staticcheck // r.OnDelete is this method itself
	}
}
