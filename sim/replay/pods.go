package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/tracer"
)

// errNotThere is why what an event deletes or evicts cannot be.
var errNotThere = errors.New("it does not exist at that moment: no controller has made it, or it is gone")

// pod deletes or evicts a pod that an event picks.
func (r *Replay) pod(ctx context.Context, pick tracer.PodPick) error {
	defer clock.Settle()
	pod, err := r.pick(pick)
	if err != nil {
		return err
	}
	if pick.Evict {
		r.drainer.evict(ctx, pod)
		return nil
	}
	return r.applier.delete(ctx, tracer.ObjectRef{APIVersion: "v1", Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name})
}

// pick finds the pod that is meant at this moment.
func (r *Replay) pick(pick tracer.PodPick) (*corev1.Pod, error) {
	namespace := cmp.Or(pick.Ref.Namespace, metav1.NamespaceDefault)
	pods := r.config.Pods.Pods(namespace)
	if !pick.ByOwner {
		pod, err := pods.Get(pick.Ref.Name)
		if apierrors.IsNotFound(err) {
			return nil, errNotThere
		}
		return pod, err
	}
	all, err := pods.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	type made struct {
		pod *corev1.Pod
		at  time.Duration
	}
	var living []made
	for _, p := range all {
		if p.DeletionTimestamp == nil && !podutil.IsPodPhaseTerminal(p.Status.Phase) && r.owns(pick.Ref.Kind, pick.Ref.Name, p) {
			living = append(living, made{p, r.config.Recorder.Created(p)})
		}
	}
	if len(living) <= int(pick.Index) {
		return nil, fmt.Errorf("there is no such pod at that moment: %d of that owner live", len(living))
	}
	slices.SortFunc(living, func(a, b made) int {
		// Of those of one instant, web-2 comes before web-10.
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(len(a.pod.Name), len(b.pod.Name)), cmp.Compare(a.pod.Name, b.pod.Name))
	})
	return living[pick.Index].pod, nil
}

// owns tells whether a pod is an owner's: that of its controller, or of what is above it.
func (r *Replay) owns(kind, name string, p *corev1.Pod) bool {
	if ref := metav1.GetControllerOf(p); ref != nil && ref.Kind == kind && ref.Name == name {
		return true
	}
	topKind, topName := r.config.Owner(p)
	return topKind == kind && topName == name && topKind != "Pod"
}
