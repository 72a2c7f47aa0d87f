package example

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// controller keeps as many pods as each WorkerPool wants: as it could be part of an operator.
type controller struct {
	client client.Client
	scheme *runtime.Scheme
	part   *Part
}

// Reconcile brings a pool's pods to what its spec wants: one a call, since each write leads to
// the next call.
func (c *controller) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	c.part.count(func(f *Figures) { f.Reconciles++ })
	var pool WorkerPool
	if err := c.client.Get(ctx, request.NamespacedName, &pool); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if pool.DeletionTimestamp != nil {
		return ctrl.Result{}, nil // the garbage collector takes the pods
	}
	running := int32(0)
	for i := range c.part.settings.Most {
		var pod corev1.Pod
		key := client.ObjectKey{Namespace: pool.Namespace, Name: fmt.Sprintf("%s-%d", pool.Name, i)}
		err := c.client.Get(ctx, key, &pod)
		switch wanted := i < pool.Spec.Workers; {
		case err != nil && !apierrors.IsNotFound(err):
			return ctrl.Result{}, err
		case err == nil && !wanted && pod.DeletionTimestamp == nil:
			return ctrl.Result{}, client.IgnoreNotFound(c.client.Delete(ctx, &pod))
		case err != nil && wanted:
			return ctrl.Result{}, c.create(ctx, &pool, key.Name)
		case err == nil && pod.Status.Phase == corev1.PodRunning:
			running++
		}
	}
	if pool.Status.Running == running {
		return ctrl.Result{}, nil
	}
	pool.Status.Running = running
	return ctrl.Result{}, c.client.Status().Update(ctx, &pool)
}

func (c *controller) create(ctx context.Context, pool *WorkerPool, name string) error {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: pool.Namespace, Name: name},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "worker", Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceCPU: pool.Spec.CPU},
		}}}},
	}
	if err := ctrl.SetControllerReference(pool, pod, c.scheme); err != nil {
		return err
	}
	err := c.client.Create(ctx, pod)
	switch {
	case apierrors.IsAlreadyExists(err):
		return nil // the cache has not heard of it yet
	case err == nil:
		c.part.count(func(f *Figures) { f.PodsCreated++ })
	}
	return err
}
