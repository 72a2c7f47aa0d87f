package clusterautoscaler

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"simk.dev/simk/autoscale"
)

// deletion is a node that goes: tainted, then drained, then deleted.
type deletion struct {
	node  string
	group *groupState
	empty bool
	pods  []*corev1.Pod // that have to move
	share float64

	next time.Time // of the next step
	// evicting: pods are to be evicted until evictUntil; then it waits until they
	// are gone, at most until goneBy.
	evicting   bool
	left       []*corev1.Pod
	evictUntil time.Time
	goneBy     time.Time
	grace      time.Duration // the longest of the evicted pods
	lastError  string
}

func (a *Autoscaler) deletion(node string) *deletion {
	for _, d := range a.deletions {
		if d.node == node {
			return d
		}
	}
	return nil
}

// start taints a node that is to go, and puts its deletion on the agenda.
func (a *Autoscaler) start(ctx context.Context, u *unneeded, now time.Time) {
	d := &deletion{node: u.node.Name, group: u.group, empty: len(u.move) == 0, pods: u.move, share: u.share, next: now.Add(deleteDelayAfterTaint)}
	delete(a.recorded, "node/"+d.node)
	if err := a.taint(ctx, d.node, corev1.Taint{Key: toBeDeleted, Value: fmt.Sprint(now.Unix()), Effect: corev1.TaintEffectNoSchedule}); err != nil {
		a.failedDown(ctx, d, now, fmt.Sprintf("taint the node: %v", err))
		return
	}
	a.lastDelete, d.group.lastDown = now, now
	a.deletions = append(a.deletions, d)
	var moved []string
	for _, p := range u.move {
		moved = append(moved, podKey(p))
	}
	kind := "empty node"
	if d.empty {
		a.tell(a.statusRef(), corev1.EventTypeNormal, "ScaleDownEmpty", fmt.Sprintf("Scale-down: removing empty node %q", d.node))
	} else {
		kind = "pods move"
		a.tell(a.statusRef(), corev1.EventTypeNormal, "ScaleDown", fmt.Sprintf("Scale-down: removing node %s, utilization: %.3f, pods to reschedule: %s", d.node, d.share, strings.Join(moved, ",")))
	}
	a.tell(u.node.Node, corev1.EventTypeNormal, "ScaleDown", "marked the node as toBeDeleted/unschedulable")
	a.record(autoscale.Decision{Kind: autoscale.ScaleDown, Group: d.group.Name(), Node: d.node, Delta: -1, Pods: named(u.move), PodCount: len(u.move),
		Reason: fmt.Sprintf("%s; utilization %.3f, unneeded since %s", kind, d.share, u.since.UTC().Format(time.RFC3339))})
}

// nextStep is when the next deletion goes on.
func (a *Autoscaler) nextStep() (t time.Time, ok bool) {
	for _, d := range a.deletions {
		if !ok || d.next.Before(t) {
			t, ok = d.next, true
		}
	}
	return t, ok
}

// work takes the deletions that are due a step further.
func (a *Autoscaler) work(ctx context.Context, now time.Time) {
	for _, d := range slices.Clone(a.deletions) {
		if now.Before(d.next) {
			continue
		}
		a.changed = a.cluster.sync() || a.changed
		if done := a.step(ctx, d, now); done {
			a.deletions = slices.DeleteFunc(a.deletions, func(o *deletion) bool { return o == d })
			a.changed = true
		}
	}
}

func (a *Autoscaler) step(ctx context.Context, d *deletion, now time.Time) (done bool) {
	n := a.cluster.byName[d.node]
	if n == nil {
		return true // somebody else was faster
	}
	if d.evictUntil.IsZero() { // the first step: look again
		move, daemons, b := a.podsToMove(n.info, now, a.budgets())
		switch {
		case b != nil && b.reason != "NotEnoughPdb": // the eviction API knows better about budgets
			a.failedDown(ctx, d, now, b.String())
			return true
		case d.empty && len(move) > 0:
			a.failedDown(ctx, d, now, fmt.Sprintf("failed to delete empty node %q, new pods scheduled", d.node))
			return true
		}
		d.pods, d.left, d.evicting, d.evictUntil = move, move, true, now.Add(maxPodEvictionTime)
		if b != nil {
			d.pods = a.allMovable(n, now)
			d.left = d.pods
		}
		a.evictDaemons(ctx, daemons, d.empty)
	}
	if d.evicting && !a.evict(ctx, d, now) {
		return a.retry(ctx, d, now)
	}
	if rest := a.remaining(d); rest > 0 {
		if now.After(d.goneBy) {
			a.failedDown(ctx, d, now, fmt.Sprintf("failed to drain the node: %d pods remaining after timeout", rest))
			return true
		}
		d.next = now.Add(drainPoll)
		return false
	}
	if err := d.group.Delete(d.node); err != nil {
		a.failedDown(ctx, d, now, fmt.Sprintf("failed to delete the node: %v", err))
		return true
	}
	a.tell(n.Node, corev1.EventTypeNormal, "ScaleDown", "node removed by cluster autoscaler")
	return true
}

// allMovable are the pods to move, whatever budgets say.
func (a *Autoscaler) allMovable(n *node, now time.Time) []*corev1.Pod {
	move, _, _ := a.podsToMove(n.info, now, &budgets{})
	return move
}

func (a *Autoscaler) retry(ctx context.Context, d *deletion, now time.Time) bool {
	if !now.Before(d.evictUntil) {
		a.failedDown(ctx, d, now, fmt.Sprintf("failed to drain the node, aborting: %d pods could not be evicted within %v: %s", len(d.left), maxPodEvictionTime, d.lastError))
		return true
	}
	d.next = now.Add(evictionRetry)
	return false
}

// evict asks the API to evict what is left, and says whether all are.
func (a *Autoscaler) evict(ctx context.Context, d *deletion, now time.Time) bool {
	var refused []*corev1.Pod
	for _, p := range d.left {
		grace := a.graceOf(p)
		err := a.evictPod(ctx, p, grace)
		if err != nil && !apierrors.IsNotFound(err) {
			refused, d.lastError = append(refused, p), err.Error()
			continue
		}
		d.grace = max(d.grace, grace)
		a.tell(p, corev1.EventTypeNormal, "ScaleDown", "deleting pod for node scale down")
	}
	d.left = refused
	d.evicting = len(refused) > 0
	d.goneBy = now.Add(d.grace + evictionHeadroom)
	return !d.evicting
}

func (a *Autoscaler) evictPod(ctx context.Context, p *corev1.Pod, grace time.Duration) error {
	return a.config.Client.CoreV1().Pods(p.Namespace).EvictV1(ctx, &policyv1.Eviction{
		ObjectMeta:    metav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name},
		DeleteOptions: &metav1.DeleteOptions{GracePeriodSeconds: ptr.To(int64(grace / time.Second)), Preconditions: &metav1.Preconditions{UID: &p.UID}},
	})
}

// graceOf is how long a pod may take to end.
func (a *Autoscaler) graceOf(p *corev1.Pod) time.Duration {
	seconds := ptr.Deref(p.Spec.TerminationGracePeriodSeconds, corev1.DefaultTerminationGracePeriodSeconds)
	most := a.options.down.maxGraceful
	return min(time.Duration(min(seconds, int64(most/time.Second)+1))*time.Second, most) // no number overflows
}

// evictDaemons evicts pods of DaemonSets as far as the flags say; nothing waits for
// them.
func (a *Autoscaler) evictDaemons(ctx context.Context, pods []*corev1.Pod, empty bool) {
	for _, p := range pods {
		wanted := a.options.down.evictDaemonSetsOccupied
		if empty {
			wanted = a.options.down.evictDaemonSetsEmpty
		}
		if v, ok := p.Annotations[daemonSetEviction]; ok {
			wanted = v == "true"
		}
		if wanted && a.evictPod(ctx, p, a.graceOf(p)) == nil {
			a.tell(p, corev1.EventTypeNormal, "ScaleDown", "deleting DaemonSet pod for node scale down")
		}
	}
}

// remaining counts the pods to move that are still there.
func (a *Autoscaler) remaining(d *deletion) int {
	n := 0
	for _, p := range d.pods {
		if c := a.cluster.pods[podKey(p)]; c != nil && c.UID == p.UID && c.Spec.NodeName == d.node {
			n++
		}
	}
	return n
}

// failedDown gives up a deletion.
func (a *Autoscaler) failedDown(ctx context.Context, d *deletion, now time.Time, why string) {
	a.lastFailure, d.group.lastDownFailed = now, now
	if n := a.cluster.byName[d.node]; n != nil {
		if err := a.untaint(ctx, d.node, toBeDeleted); err != nil && ctx.Err() == nil {
			why += fmt.Sprintf("; and its taint stays: %v", err)
		}
		a.tell(n.Node, corev1.EventTypeWarning, "ScaleDownFailed", why)
	}
	a.record(autoscale.Decision{Kind: autoscale.ScaleDownFailed, Group: d.group.Name(), Node: d.node, Reason: why})
	a.changed = true
}
