package clusterautoscaler

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/utils/ptr"

	"simk.dev/simk/autoscale"
)

// drain looks again at a node that is to go, and evicts its pods. It returns why the node
// stays; empty: it may be deleted, or the run is over.
func (d *deletions) drain(ctx context.Context, r *deletion) string {
	var budgets *budgets
	if !r.empty {
		budgets = budgetsOf(d.a.rules.budgets)
	}
	m, b := d.a.rules.podsToMove(d.podsOn(r.node), time.Now(), budgets)
	switch {
	case b != nil && r.empty:
		return "failed to delete empty node: " + b.String()
	case b != nil:
		return "failed to drain and delete node: " + b.String()
	case r.empty && !m.empty():
		return fmt.Sprintf("failed to delete empty node %q, new pods scheduled", r.node)
	case r.empty:
		_ = d.evict(ctx, r, nil, daemonsToEvict(m.daemons, d.a.options.down.evictDaemonSetsEmpty))
		return ""
	}
	if err := d.evict(ctx, r, m.elsewhere, daemonsToEvict(m.daemons, d.a.options.down.evictDaemonSets)); err != nil {
		return fmt.Sprintf("failed to drain the node, aborting: %v", err)
	}
	if rest := d.awaitGone(ctx, r, m.elsewhere); rest > 0 {
		return fmt.Sprintf("failed to drain the node: %d pods remaining after timeout", rest)
	}
	d.awaitEnd(ctx, r, m.completing)
	return ""
}

// daemonsToEvict are the pods of DaemonSets that the flag, or they themselves, want
// evicted.
func daemonsToEvict(pods []*corev1.Pod, otherwise bool) []*corev1.Pod {
	var list []*corev1.Pod
	for _, p := range pods {
		wanted := otherwise
		if v, ok := p.Annotations[daemonSetEviction]; ok {
			wanted = v == "true"
		}
		if wanted {
			list = append(list, p)
		}
	}
	return list
}

// evict asks the API to evict all the pods, at once, and returns when it has been granted or
// given up for each. Those of DaemonSets may stay.
func (d *deletions) evict(ctx context.Context, r *deletion, pods, daemons []*corev1.Pod) error {
	until := time.Now().Add(d.a.options.down.maxEvictionTime)
	var wg sync.WaitGroup
	failed := make([]error, len(pods))
	for i, p := range pods {
		wg.Go(func() { failed[i] = d.evictPod(ctx, r, p, until) })
	}
	for _, p := range daemons {
		wg.Go(func() { _ = d.evictPod(ctx, r, p, until) })
	}
	wg.Wait()
	for i, err := range failed {
		if err != nil {
			return fmt.Errorf("pod %s could not be evicted within %v: %w", autoscale.PodKey(pods[i]), d.a.options.down.maxEvictionTime, err)
		}
	}
	return nil
}

func (d *deletions) evictPod(ctx context.Context, r *deletion, p *corev1.Pod, until time.Time) error {
	d.a.tell(p, corev1.EventTypeNormal, "ScaleDown", "deleting pod for node scale down")
	eviction := &policyv1.Eviction{
		ObjectMeta:    metav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name},
		DeleteOptions: &metav1.DeleteOptions{GracePeriodSeconds: ptr.To(d.graceOf(p))},
	}
	var err error
	for first := true; first || time.Now().Before(until); first = false {
		if err = d.a.config.Client.CoreV1().Pods(p.Namespace).EvictV1(ctx, eviction); err == nil || apierrors.IsNotFound(err) {
			return nil
		}
		if !d.sleep(ctx, evictionRetry, r) {
			return nil
		}
	}
	d.a.tell(p, corev1.EventTypeWarning, "ScaleDownFailed", "failed to delete pod for ScaleDown")
	return err
}

// graceOf is how long a pod may take to end, in seconds.
func (d *deletions) graceOf(p *corev1.Pod) int64 {
	seconds := ptr.Deref(p.Spec.TerminationGracePeriodSeconds, corev1.DefaultTerminationGracePeriodSeconds)
	if most := int64(d.a.options.down.maxGraceful / time.Second); most > 0 {
		return min(seconds, most)
	}
	return seconds
}

// awaitGone looks until the pods are gone from the node, and returns how many are not
// after max-graceful-termination-sec and some headroom.
func (d *deletions) awaitGone(ctx context.Context, r *deletion, pods []*corev1.Pod) int {
	rest := 0
	for start := time.Now(); time.Since(start) < d.a.options.down.maxGraceful+evictionHeadroom; {
		rest = 0
		for _, p := range pods {
			if current, err := d.pods.Pods(p.Namespace).Get(p.Name); err == nil && current.Spec.NodeName == r.node {
				rest++
			}
		}
		if rest == 0 || !d.sleep(ctx, drainPoll, r) {
			return 0
		}
	}
	return rest
}

// awaitEnd looks until the pods have ended by themselves, however long that takes.
func (d *deletions) awaitEnd(ctx context.Context, r *deletion, pods []*corev1.Pod) {
	for _, p := range pods {
		for {
			current, err := d.pods.Pods(p.Namespace).Get(p.Name)
			if err != nil || current.UID != p.UID || podutil.IsPodTerminal(current) || !d.sleep(ctx, drainPoll, r) {
				break
			}
		}
	}
}
