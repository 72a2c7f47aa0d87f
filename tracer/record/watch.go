package record

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/util/flowcontrol"
)

const (
	// pageSize is how many objects a list has in a page.
	pageSize = 500
	// watchTimeout is after how long the server ends a watch; it is resumed.
	watchTimeout = 8 * time.Minute
	// Delays after failures.
	firstDelay, longestDelay = time.Second, 15 * time.Second
)

// watchOf follows a resource, in a namespace or everywhere.
type watchOf struct {
	r         *Recorder
	resource  *Resource
	namespace string // empty: all
	version   string // the resource version up to which all has been seen
	backoff   *flowcontrol.Backoff
}

// change is something that a watch saw.
type change struct {
	from *watchOf
	// Type is Added and Modified alike for what is there, or Deleted.
	deleted bool
	// fromList: what is there may have been so for a while.
	fromList bool
	object   *unstructured.Unstructured
	// listed is set when a list is complete: what was in it.
	listed map[objectKey]struct{}
}

// prepareWatches finds out what the cluster serves.
func (r *Recorder) prepareWatches() error {
	for i := range r.o.Resources {
		resource := &r.o.Resources[i]
		if resource.Kind == "" {
			if err := r.describe(resource); err != nil {
				return err
			}
		}
		if resource.Workload && resource.custom {
			r.makes[groupKind{resource.Group, resource.Kind}] = true
		}
		namespaces := []string{""}
		if resource.Namespaced && len(r.o.Namespaces) > 0 {
			namespaces = r.o.Namespaces
		}
		for _, ns := range namespaces {
			w := &watchOf{r: r, resource: resource, namespace: ns, backoff: flowcontrol.NewBackOff(firstDelay, longestDelay)}
			r.watches = append(r.watches, w)
		}
	}
	return nil
}

// describe asks the server about a resource that the user named.
func (r *Recorder) describe(resource *Resource) error {
	list, err := r.discovery.ServerResourcesForGroupVersion(resource.GroupVersion().String())
	if err != nil {
		return fmt.Errorf("find the resource %s: %w", resource, err)
	}
	for _, served := range list.APIResources {
		if served.Name == resource.Resource {
			resource.Kind, resource.Namespaced = served.Kind, served.Namespaced
			return nil
		}
	}
	return fmt.Errorf("the cluster does not serve %s in %s", resource.Resource, resource.GroupVersion())
}

func (w *watchOf) String() string {
	if w.namespace == "" {
		return w.resource.String()
	}
	return w.resource.String() + " in " + w.namespace
}

// list asks for all objects and hands them over, then that the list is complete.
func (w *watchOf) list(ctx context.Context, hand func(change) error) error {
	listed := map[objectKey]struct{}{}
	options := metav1.ListOptions{Limit: pageSize}
	for {
		page, err := w.page(ctx, options)
		if err != nil {
			return err
		}
		for _, o := range page.items {
			listed[keyOf(w.resource, o)] = struct{}{}
			if err := hand(change{from: w, fromList: true, object: o}); err != nil {
				return err
			}
		}
		w.version = page.version
		if page.next == "" {
			return hand(change{from: w, listed: listed})
		}
		options.Continue = page.next
	}
}

type page struct {
	items         []*unstructured.Unstructured
	version, next string
}

func (w *watchOf) page(ctx context.Context, options metav1.ListOptions) (page, error) {
	var list interface {
		runtime.Object
		metav1.ListInterface
	}
	var err error
	if w.resource.Shell {
		list, err = w.r.metadata.Resource(w.resource.GroupVersionResource).Namespace(w.namespace).List(ctx, options)
	} else {
		list, err = w.r.dynamic.Resource(w.resource.GroupVersionResource).Namespace(w.namespace).List(ctx, options)
	}
	if err != nil {
		return page{}, err
	}
	p := page{version: list.GetResourceVersion(), next: list.GetContinue()}
	err = meta.EachListItem(list, func(item runtime.Object) error {
		o, err := w.asObject(item)
		p.items = append(p.items, o)
		return err
	})
	return p, err
}

// asObject gives an object its kind, which metadata alone does not tell.
func (w *watchOf) asObject(v runtime.Object) (*unstructured.Unstructured, error) {
	o, ok := v.(*unstructured.Unstructured)
	if m, partial := v.(*metav1.PartialObjectMetadata); partial {
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(m)
		if err != nil {
			return nil, err
		}
		o, ok = &unstructured.Unstructured{Object: content}, true
	}
	if !ok {
		return nil, fmt.Errorf("unexpected %T", v)
	}
	o.SetAPIVersion(w.resource.GroupVersion().String())
	o.SetKind(w.resource.Kind)
	return o, nil
}

// errForgotten says that the server no longer knows the place of a watch.
var errForgotten = errors.New("the server has forgotten the place of the watch")

// follow watches from where the last list or watch ended, until ctx ends.
func (w *watchOf) follow(ctx context.Context) {
	hand := func(c change) error {
		select {
		case w.r.changes <- c:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	relist, warned := false, false
	for ctx.Err() == nil {
		var err error
		if relist {
			err = w.list(ctx, hand)
		} else {
			err = w.watch(ctx, hand)
		}
		switch {
		case errors.Is(err, errForgotten):
			relist = true
			continue
		case err == nil:
			relist, warned = false, false
			w.backoff.Reset(w.String())
		case ctx.Err() == nil && !warned:
			w.r.warn("watching %s: %v; it is tried again until it works", w, err)
			warned = true
		}
		delay := firstDelay / 10 // a watch that ended regularly
		if err != nil {
			w.backoff.Next(w.String(), w.backoff.Clock.Now())
			delay = w.backoff.Get(w.String())
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
		}
	}
}

// watch watches once. It returns nil when the watch ended after it had worked.
func (w *watchOf) watch(ctx context.Context, hand func(change) error) error {
	timeout := int64(watchTimeout / time.Second)
	options := metav1.ListOptions{ResourceVersion: w.version, AllowWatchBookmarks: true, TimeoutSeconds: &timeout}
	var stream watch.Interface
	var err error
	if w.resource.Shell {
		stream, err = w.r.metadata.Resource(w.resource.GroupVersionResource).Namespace(w.namespace).Watch(ctx, options)
	} else {
		stream, err = w.r.dynamic.Resource(w.resource.GroupVersionResource).Namespace(w.namespace).Watch(ctx, options)
	}
	if err != nil {
		return watchError(err)
	}
	defer stream.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e, open := <-stream.ResultChan():
			if !open {
				return nil
			}
			if e.Type == watch.Error {
				return watchError(apierrors.FromObject(e.Object))
			}
			o, err := w.asObject(e.Object)
			if err != nil {
				return err
			}
			if e.Type != watch.Bookmark {
				if err := hand(change{from: w, deleted: e.Type == watch.Deleted, object: o}); err != nil {
					return err
				}
			}
			w.version = o.GetResourceVersion()
		}
	}
}

// watchError tells what must be answered with a new list: history that was
// compacted, and one that is behind what was seen (a restored backup).
func watchError(err error) error {
	if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) || apierrors.HasStatusCause(err, metav1.CauseTypeResourceVersionTooLarge) {
		return errForgotten
	}
	return err
}
