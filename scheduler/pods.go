package scheduler

import (
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	coreinformers "k8s.io/client-go/informers/core"
	corev1informers "k8s.io/client-go/informers/core/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"simk.dev/simk/vnode/informer"
)

// livePods is the shared factory as a scheduler wants it: without the pods that
// have ended. Upstream's own factory asks the apiserver for
// "status.phase!=Succeeded,status.phase!=Failed" in a watch of its own; here the
// shared pods are filtered in memory, by the same rule and with the same
// events: a pod that ends is reported as deleted. A second watch would decode
// every change of every pod once more.
type livePods struct {
	informers.SharedInformerFactory
}

// Core implements informers.SharedInformerFactory.
func (f *livePods) Core() coreinformers.Interface {
	return &liveCore{f.SharedInformerFactory.Core()}
}

type liveCore struct{ coreinformers.Interface }

// V1 implements coreinformers.Interface.
func (g *liveCore) V1() corev1informers.Interface { return &liveCoreV1{g.Interface.V1()} }

type liveCoreV1 struct{ corev1informers.Interface }

// Pods implements corev1informers.Interface.
func (v *liveCoreV1) Pods() corev1informers.TypedPodInformer {
	return &livePodInformer{v.Interface.Pods()}
}

type livePodInformer struct {
	corev1informers.TypedPodInformer
}

// Informer implements corev1informers.PodInformer. Only its handlers are
// filtered, which is all that the scheduler and its plugins use.
func (i *livePodInformer) Informer() cache.SharedIndexInformer {
	return &liveHandlers{i.TypedPodInformer.Informer()}
}

// Lister implements corev1informers.PodInformer.
func (i *livePodInformer) Lister() corelisters.PodLister {
	return &livePodLister{i.TypedPodInformer.Lister()}
}

type liveHandlers struct{ cache.SharedIndexInformer }

// AddEventHandler implements cache.SharedInformer.
func (h *liveHandlers) AddEventHandler(handler cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration, error) {
	return h.SharedIndexInformer.AddEventHandler(cache.FilteringResourceEventHandler{FilterFunc: isLive, Handler: handler})
}

func isLive(obj any) bool {
	pod, ok := informer.Object(obj).(*corev1.Pod)
	return ok && !podutil.IsPodTerminal(pod)
}

type livePodLister struct{ corelisters.PodLister }

// List implements corelisters.PodLister.
func (l *livePodLister) List(selector labels.Selector) ([]*corev1.Pod, error) {
	return onlyLive(l.PodLister.List(selector))
}

// Pods implements corelisters.PodLister.
func (l *livePodLister) Pods(namespace string) corelisters.PodNamespaceLister {
	return &liveNamespaceLister{l.PodLister.Pods(namespace)}
}

type liveNamespaceLister struct{ corelisters.PodNamespaceLister }

// List implements corelisters.PodNamespaceLister.
func (l *liveNamespaceLister) List(selector labels.Selector) ([]*corev1.Pod, error) {
	return onlyLive(l.PodNamespaceLister.List(selector))
}

// Get implements corelisters.PodNamespaceLister.
func (l *liveNamespaceLister) Get(name string) (*corev1.Pod, error) {
	p, err := l.PodNamespaceLister.Get(name)
	if err == nil && podutil.IsPodTerminal(p) {
		return nil, apierrors.NewNotFound(corev1.Resource("pods"), name)
	}
	return p, err
}

func onlyLive(pods []*corev1.Pod, err error) ([]*corev1.Pod, error) {
	live := make([]*corev1.Pod, 0, len(pods))
	for _, p := range pods {
		if !podutil.IsPodTerminal(p) {
			live = append(live, p)
		}
	}
	return live, err
}
