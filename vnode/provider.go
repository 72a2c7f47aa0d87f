package vnode

import (
	"context"
	"time"

	vknode "github.com/virtual-kubelet/virtual-kubelet/node"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// provider is the pool as virtual-kubelet sees it.
type provider struct{ pool *Pool }

var (
	_ vknode.PodLifecycleHandler = (*provider)(nil)
	_ vknode.PodNotifier         = (*provider)(nil)
)

func key(namespace, name string) string { return namespace + "/" + name }

// CreatePod begins the pod's life on its node.
func (v *provider) CreatePod(_ context.Context, api *corev1.Pod) error {
	p := v.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.nodes[api.Spec.NodeName]
	if n == nil {
		return nil // the node went while the pod was on its way
	}
	p.seq++
	x := &pod{pool: p, node: n, api: api, seq: p.seq, life: p.config.Lifecycle(api)}
	x.inits, x.mains = make([]container, len(api.Spec.InitContainers)), groupsOf(x)
	p.byKey[key(api.Namespace, api.Name)] = x
	n.pods[x] = struct{}{}
	if now := time.Now(); !n.failed && x.admit(now) {
		x.begin(now)
	}
	return nil
}

// UpdatePod takes over what may change in a running pod.
func (v *provider) UpdatePod(_ context.Context, api *corev1.Pod) error {
	p := v.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.byKey[key(api.Namespace, api.Name)]
	if x == nil {
		return nil
	}
	x.update(api, time.Now())
	return nil
}

// DeletePod begins the graceful end of a pod, or forgets one that is gone.
func (v *provider) DeletePod(_ context.Context, api *corev1.Pod) error {
	p := v.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.byKey[key(api.Namespace, api.Name)]
	if x == nil {
		return nil
	}
	if uid, exists := v.currentUID(api.Namespace, api.Name); !exists || uid != x.api.UID {
		x.forget()
		return nil
	}
	x.delete(api, time.Now())
	return nil
}

// currentUID says which pod of that name the API has now.
func (v *provider) currentUID(namespace, name string) (types.UID, bool) {
	api, err := v.pool.config.Informers.Core().V1().Pods().Lister().Pods(namespace).Get(name)
	if err != nil {
		return "", false
	}
	return api.UID, true
}

// GetPod returns the pod as last reported, nil if there is none: also when the
// API has another pod by that name by now, which is to be created anew.
func (v *provider) GetPod(_ context.Context, namespace, name string) (*corev1.Pod, error) {
	p := v.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.byKey[key(namespace, name)]
	if x == nil {
		return nil, nil
	}
	if uid, exists := v.currentUID(namespace, name); exists && uid != x.api.UID {
		x.forget()
		return nil, nil
	}
	return x.api, nil // never changed after it was reported
}

// GetPodStatus returns the status of GetPod's pod.
func (v *provider) GetPodStatus(ctx context.Context, namespace, name string) (*corev1.PodStatus, error) {
	x, err := v.GetPod(ctx, namespace, name)
	if x == nil {
		return nil, err
	}
	return &x.Status, nil
}

// GetPods is asked once, before there is any pod.
func (v *provider) GetPods(context.Context) ([]*corev1.Pod, error) { return nil, nil }

// NotifyPods takes the function through which statuses are reported.
func (v *provider) NotifyPods(_ context.Context, notify func(*corev1.Pod)) {
	v.pool.mu.Lock()
	defer v.pool.mu.Unlock()
	v.pool.notify = notify
}
