package vnode

import (
	"context"
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coreinformers "k8s.io/client-go/informers/core/v1"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/cache"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
)

// podsClient is the API client that virtual-kubelet writes through. It adds
// what a kubelet does around a status update, and what a dead kubelet does not.
type podsClient struct {
	typedcorev1.PodsGetter
	pool *Pool
}

func (c *podsClient) Pods(namespace string) typedcorev1.PodInterface {
	return &podClient{c.PodsGetter.Pods(namespace), c.pool, namespace}
}

type podClient struct {
	typedcorev1.PodInterface
	pool      *Pool
	namespace string
}

// UpdateStatus writes nothing but the status, keeps the conditions that are not
// a kubelet's, and completes the deletion of a pod whose containers have all ended.
//
// The API takes labels, annotations and finalizers from a status update, too, and
// virtual-kubelet sends those of the pod that it saw first: what somebody removed
// since would be back. So all metadata is that of the pod as it is now; if it
// changes on the way the resource version tells, and virtual-kubelet tries again.
// A patch would do as well, but is JSON that the apiserver must decode and merge.
func (c *podClient) UpdateStatus(ctx context.Context, pod *corev1.Pod, opts metav1.UpdateOptions) (*corev1.Pod, error) {
	current, err := c.pool.config.Informers.Core().V1().Pods().Lister().Pods(c.namespace).Get(pod.Name)
	if err != nil {
		return nil, err
	}
	if current.UID != pod.UID {
		return nil, apierrors.NewNotFound(corev1.Resource("pods"), pod.Name)
	}
	keepForeignConditions(&pod.Status, current.Status.Conditions)
	updated, err := c.PodInterface.UpdateStatus(ctx, &corev1.Pod{ObjectMeta: c.pool.annotated(current, pod), Status: pod.Status}, opts)
	if err != nil {
		return updated, err
	}
	if podutil.IsPodTerminal(updated) && updated.DeletionTimestamp != nil {
		now := metav1.NewDeleteOptions(0)
		now.Preconditions = metav1.NewUIDPreconditions(string(updated.UID))
		return updated, c.PodInterface.Delete(ctx, updated.Name, *now)
	}
	return updated, nil
}

func keepForeignConditions(to *corev1.PodStatus, from []corev1.PodCondition) {
next:
	for _, c := range from {
		if kubeletConditions[c.Type] {
			continue
		}
		for i := range to.Conditions {
			if to.Conditions[i].Type == c.Type {
				to.Conditions[i] = c
				continue next
			}
		}
		to.Conditions = append(to.Conditions, c)
	}
}

// Delete does nothing for a pod whose node has failed: nobody is there to
// confirm that the containers ended, so the object stays until the node is back
// or gone. On a working node it is left to UpdateStatus while containers run.
func (c *podClient) Delete(ctx context.Context, name string, opts metav1.DeleteOptions) error {
	current, err := c.pool.config.Informers.Core().V1().Pods().Lister().Pods(c.namespace).Get(name)
	c.pool.mu.Lock()
	x := c.pool.byKey[key(c.namespace, name)]
	dead := x != nil && x.node.failed
	if dead {
		x.deleting = true // completed when the node recovers
	} else if x != nil && err == nil && current.UID == x.api.UID {
		x.stopInit(current)
	}
	stopping := x != nil && x.deleting && x.stage != stageDone
	c.pool.mu.Unlock()
	if dead || stopping || (err == nil && goes(current)) {
		return nil
	}
	return c.PodInterface.Delete(ctx, name, opts)
}

// stopInit begins the end of a pod whose init containers take time to stop:
// virtual-kubelet deletes pods whose main containers do not run without a word to
// the provider.
func (p *pod) stopInit(current *corev1.Pod) {
	if p.deleting || p.stage != stageInit || current.DeletionGracePeriodSeconds == nil {
		return
	}
	if delay, _ := p.stopTime(inSeconds(*current.DeletionGracePeriodSeconds)); delay > 0 {
		p.delete(current, time.Now())
	}
}

// goes says whether the apiserver itself removes the pod at this moment, as it
// does with one that has ended: its grace period is over and nothing holds it.
func goes(current *corev1.Pod) bool {
	return current.DeletionGracePeriodSeconds != nil && *current.DeletionGracePeriodSeconds == 0 && len(current.Finalizers) == 0
}

// podInformer hands virtual-kubelet only those updates that concern a kubelet:
// it compares whole pods by reflection, and most updates are its own statuses
// coming back.
type podInformer struct {
	coreinformers.PodInformer
	pool *Pool
}

func (p *podInformer) Informer() cache.SharedIndexInformer {
	return &quietInformer{p.PodInformer.Informer(), p.pool}
}

type quietInformer struct {
	cache.SharedIndexInformer
	pool *Pool
}

func (q *quietInformer) AddEventHandler(h cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration, error) {
	return q.SharedIndexInformer.AddEventHandler(cache.ResourceEventHandlerDetailedFuncs{
		AddFunc: h.OnAdd,
		UpdateFunc: func(old, new any) {
			a, b := old.(*corev1.Pod), new.(*corev1.Pod)
			if len(b.Spec.ReadinessGates) > 0 {
				q.pool.passGates(b)
			}
			if concernsKubelet(a, b) {
				h.OnUpdate(old, new)
			}
		},
		DeleteFunc: h.OnDelete,
	})
}

// passGates takes over the conditions that a pod's readiness waits for, which are set
// by others, in its status.
func (p *Pool) passGates(api *corev1.Pod) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.byKey[key(api.Namespace, api.Name)]
	if x == nil || x.api.UID != api.UID || x.node.failed || x.stage == stageDone {
		return
	}
	before := gatesPass(x.api)
	x.renew()
	for _, gate := range api.Spec.ReadinessGates {
		if _, c := podutil.GetPodCondition(&api.Status, gate.ConditionType); c != nil {
			podutil.UpdatePodCondition(&x.api.Status, c.DeepCopy())
		}
	}
	if gatesPass(x.api) != before {
		x.report(time.Now())
	}
}

// concernsKubelet says whether more than the status differs. A pod's
// generation changes with its spec.
func concernsKubelet(a, b *corev1.Pod) bool {
	return a.UID != b.UID || a.Generation != b.Generation || a.Spec.NodeName != b.Spec.NodeName ||
		!a.DeletionTimestamp.Equal(b.DeletionTimestamp) ||
		!maps.Equal(a.Labels, b.Labels) || !maps.Equal(a.Annotations, b.Annotations)
}
