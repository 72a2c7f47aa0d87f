package kwok

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/kubernetes"
	restclient "k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/kwok/pkg/apis/internalversion"
	"sigs.k8s.io/kwok/pkg/utils/lifecycle"
)

// object is what Stages act on: a *corev1.Pod, a *corev1.Node or an *unstructured.Unstructured.
type object interface {
	metav1.Object
	runtime.Object
}

// resource is a kind of objects with the Stages that are for it.
type resource struct {
	ref    internalversion.StageResourceRef
	stages lifecycle.Lifecycle
	// informer holds the objects. Nil: the kind is not served yet.
	informer cache.SharedIndexInformer
	// served tells whether Stages act on an object at this moment.
	served func(object) bool
	// write sends a patch and returns the object as it then is.
	write func(ctx context.Context, o object, p *lifecycle.Patch) (object, error)
	// remove deletes an object without a grace period.
	remove func(ctx context.Context, o object) error
}

var (
	podRef  = internalversion.StageResourceRef{APIGroup: "v1", Kind: "Pod"}
	nodeRef = internalversion.StageResourceRef{APIGroup: "v1", Kind: "Node"}
)

// atOnce: what a Stage deletes is gone.
var atOnce = *metav1.NewDeleteOptions(0)

// pods are the pods on nodes that KWOK's behaviour runs.
func (e *Engine) pods(r *resource) {
	r.informer = e.informers.Core().V1().Pods().Informer()
	r.served = func(o object) bool { return e.pool.Serves(Behaviour, o.(*corev1.Pod).Spec.NodeName) }
	r.write = func(ctx context.Context, o object, p *lifecycle.Patch) (object, error) {
		client, err := e.as(p.Impersonation)
		if err != nil {
			return nil, err
		}
		return typed(client.CoreV1().Pods(o.GetNamespace()).Patch(ctx, o.GetName(), p.Type, p.Data, metav1.PatchOptions{}, subresources(p)...))
	}
	r.remove = func(ctx context.Context, o object) error {
		return e.client.CoreV1().Pods(o.GetNamespace()).Delete(ctx, o.GetName(), atOnce)
	}
}

// nodes are the nodes that KWOK's behaviour drives.
func (e *Engine) nodes(r *resource) {
	r.informer = e.informers.Core().V1().Nodes().Informer()
	r.served = func(o object) bool { return e.pool.Serves(Behaviour, o.GetName()) }
	r.write = func(ctx context.Context, o object, p *lifecycle.Patch) (object, error) {
		client, err := e.as(p.Impersonation)
		if err != nil {
			return nil, err
		}
		return typed(client.CoreV1().Nodes().Patch(ctx, o.GetName(), p.Type, p.Data, metav1.PatchOptions{}, subresources(p)...))
	}
	r.remove = func(ctx context.Context, o object) error {
		return e.client.CoreV1().Nodes().Delete(ctx, o.GetName(), atOnce)
	}
}

// others are the objects of any other kind, once it is served: until then ok is false.
func (e *Engine) others(r *resource) (ok bool) {
	kind := schema.FromAPIVersionAndKind(r.ref.APIGroup, r.ref.Kind)
	mapping, err := e.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return false
	}
	r.informer = dynamicinformer.NewFilteredDynamicInformer(e.dynamic, mapping.Resource, metav1.NamespaceAll, 0, nil, nil).Informer()
	r.served = func(object) bool { return true }
	of := func(client dynamic.Interface, o object) dynamic.ResourceInterface {
		if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
			return client.Resource(mapping.Resource).Namespace(o.GetNamespace())
		}
		return client.Resource(mapping.Resource)
	}
	r.write = func(ctx context.Context, o object, p *lifecycle.Patch) (object, error) {
		client, err := e.dynamicAs(p.Impersonation)
		if err != nil {
			return nil, err
		}
		return typed(of(client, o).Patch(ctx, o.GetName(), p.Type, p.Data, metav1.PatchOptions{}, subresources(p)...))
	}
	r.remove = func(ctx context.Context, o object) error { return of(e.dynamic, o).Delete(ctx, o.GetName(), atOnce) }
	return true
}

// typed keeps a nil pointer from becoming an object.
func typed[T object](o T, err error) (object, error) {
	if err != nil {
		return nil, err
	}
	return o, nil
}

func subresources(p *lifecycle.Patch) []string {
	if p.Subresource == "" {
		return nil
	}
	return []string{p.Subresource}
}

// as is the client of a user that a Stage wants to write as; nil: the engine's own.
func (e *Engine) as(who *internalversion.ImpersonationConfig) (kubernetes.Interface, error) {
	if who == nil {
		return e.client, nil
	}
	return kubernetes.NewForConfig(e.impersonate(who))
}

func (e *Engine) dynamicAs(who *internalversion.ImpersonationConfig) (dynamic.Interface, error) {
	if who == nil {
		return e.dynamic, nil
	}
	return dynamic.NewForConfig(e.impersonate(who))
}

func (e *Engine) impersonate(who *internalversion.ImpersonationConfig) *restclient.Config {
	config := restclient.CopyConfig(e.config)
	config.Impersonate = restclient.ImpersonationConfig{UserName: who.Username}
	return config
}

// eventOf is an object as Stages are matched against it.
func eventOf(o object) *lifecycle.Event {
	return &lifecycle.Event{Labels: o.GetLabels(), Annotations: o.GetAnnotations(), Data: o}
}

// dataOf is what templates see of it.
func dataOf(o object) any {
	if u, ok := o.(*unstructured.Unstructured); ok {
		return u.Object
	}
	return o
}
