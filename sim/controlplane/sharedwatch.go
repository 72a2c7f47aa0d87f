package controlplane

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/lru"
)

// sharedEncodings are options for storages whose watches share the encodings of what they
// tell: with thousands of watches on pods, encoding each event for each of them is most of
// the work. kube-apiserver's watch cache shares them, too, but is off (see docs/up.md).
type sharedEncodings struct{ generic.RESTOptionsGetter }

// GetRESTOptions implements generic.RESTOptionsGetter.
func (s sharedEncodings) GetRESTOptions(resource schema.GroupResource, example runtime.Object) (generic.RESTOptions, error) {
	options, err := s.RESTOptionsGetter.GetRESTOptions(resource, example)
	plain := options.Decorator
	options.Decorator = func(config *storagebackend.ConfigForResource, prefix string, key func(runtime.Object) (string, error),
		newObject, newList func() runtime.Object, attributes storage.AttrFunc, triggers storage.IndexerFuncs,
		indexers *cache.Indexers) (storage.Interface, factory.DestroyFunc, error) {
		store, destroy, err := plain(config, prefix, key, newObject, newList, attributes, triggers, indexers)
		if err != nil {
			return nil, nil, err
		}
		return &sharingStorage{Interface: store, recent: lru.New(recentObjects)}, destroy, nil
	}
	return options, err
}

// recentObjects is how many objects of a resource a storage keeps to share their encodings:
// watches tell of an event within moments of each other.
const recentObjects = 256

// sharingStorage is a storage whose watches share encodings.
type sharingStorage struct {
	storage.Interface
	recent *lru.Cache // of *sharedObject, by told
}

// told names what a watch told: an object as it was at a revision. A watch with a selector
// may tell that an object is gone that another one sees changed.
type told struct {
	namespace, name, revision string
	event                     watch.EventType
}

// Watch implements storage.Interface.
func (s *sharingStorage) Watch(ctx context.Context, key string, o storage.ListOptions) (watch.Interface, error) {
	w, err := s.Interface.Watch(ctx, key, o)
	if err != nil {
		return nil, err
	}
	shared := &sharingWatch{Interface: w, events: make(chan watch.Event), stopped: make(chan struct{})}
	go shared.pass(s.share)
	return shared, nil
}

// share is the event with the object that other watches have told of, if there is one.
func (s *sharingStorage) share(e watch.Event) watch.Event {
	if e.Type != watch.Added && e.Type != watch.Modified && e.Type != watch.Deleted {
		return e
	}
	o, err := meta.Accessor(e.Object)
	if err != nil {
		return e
	}
	key := told{o.GetNamespace(), o.GetName(), o.GetResourceVersion(), e.Type}
	if shared, ok := s.recent.Get(key); ok {
		return watch.Event{Type: e.Type, Object: shared.(*sharedObject)}
	}
	shared := newSharedObject(e.Object, o)
	s.recent.Add(key, shared)
	return watch.Event{Type: e.Type, Object: shared}
}

// sharingWatch is a watch whose events are exchanged on the way.
type sharingWatch struct {
	watch.Interface
	events  chan watch.Event
	stop    sync.Once
	stopped chan struct{}
}

// ResultChan implements watch.Interface.
func (w *sharingWatch) ResultChan() <-chan watch.Event { return w.events }

// Stop implements watch.Interface.
func (w *sharingWatch) Stop() {
	w.stop.Do(func() { close(w.stopped) })
	w.Interface.Stop()
}

// pass hands events on until either side ends.
func (w *sharingWatch) pass(exchange func(watch.Event) watch.Event) {
	defer close(w.events)
	for e := range w.Interface.ResultChan() {
		select {
		case w.events <- exchange(e):
		case <-w.stopped:
			return
		}
	}
}
