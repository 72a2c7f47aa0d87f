package clusterautoscaler

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"
)

const (
	// deletionCandidate is upstream's taint on unneeded nodes: the scheduler then
	// prefers others.
	deletionCandidate = "DeletionCandidateOfClusterAutoscaler"
	// conflicts is how often a change is tried while others change the node too.
	conflicts = 5
)

// softTaint takes the mark of unneeded nodes from those that are needed, and then gives it
// to the others, as many in a scan as max-bulk-soft-taint-count allows.
func (a *Autoscaler) softTaint(ctx context.Context) {
	left := a.options.down.softTaints
	for _, marked := range []bool{true, false} {
		for _, n := range a.mismarked(marked) {
			if left--; left < 0 {
				a.changed = true // go on at the next scan
				return
			}
			// A node that cannot be changed now is tried again when something changes.
			if marked {
				_ = a.untaint(ctx, n.Name, deletionCandidate)
			} else {
				since := fmt.Sprint(time.Now().Unix())
				_ = a.taint(ctx, n.Name, corev1.Taint{Key: deletionCandidate, Value: since, Effect: corev1.TaintEffectPreferNoSchedule})
			}
		}
	}
}

// mismarked are the nodes of groups that have the mark of unneeded nodes, and should not,
// or the other way round. Upstream's marks are off with max-bulk-soft-taint-count 0.
func (a *Autoscaler) mismarked(marked bool) []*node {
	if a.options.down.softTaints == 0 {
		return nil
	}
	known := a.known()
	var list []*node
	for _, n := range a.standing {
		has := slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Key == deletionCandidate })
		if has == marked && (known[n.Name] != nil) != marked && !beingDeleted(n.Node) && a.groupOf(n.Name) != nil {
			list = append(list, n)
		}
	}
	return list
}

// marksDiffer says whether softTaint would change a node.
func (a *Autoscaler) marksDiffer() bool { return len(a.mismarked(true))+len(a.mismarked(false)) > 0 }

func (a *Autoscaler) taint(ctx context.Context, node string, t corev1.Taint) error {
	return a.changeNode(ctx, node, func(n *corev1.Node) { n.Spec.Taints = append(without(n.Spec.Taints, t.Key), t) })
}

func (a *Autoscaler) untaint(ctx context.Context, node, key string) error {
	return a.changeNode(ctx, node, func(n *corev1.Node) { n.Spec.Taints = without(n.Spec.Taints, key) })
}

func without(taints []corev1.Taint, key string) []corev1.Taint {
	return slices.DeleteFunc(slices.Clone(taints), func(t corev1.Taint) bool { return t.Key == key })
}

// mark taints a node that is to go, and cordons it.
func (a *Autoscaler) mark(ctx context.Context, u *unneeded, now time.Time) error {
	return a.changeNode(ctx, u.node.Name, func(n *corev1.Node) {
		going := corev1.Taint{Key: toBeDeleted, Value: fmt.Sprint(now.Unix()), Effect: corev1.TaintEffectNoSchedule}
		n.Spec.Taints = append(without(n.Spec.Taints, toBeDeleted), going)
		n.Spec.Unschedulable = n.Spec.Unschedulable || a.options.down.cordon
	})
}

// unmark lets a node take pods again.
func (a *Autoscaler) unmark(ctx context.Context, node string) error {
	return a.changeNode(ctx, node, func(n *corev1.Node) {
		n.Spec.Taints = without(n.Spec.Taints, toBeDeleted)
		n.Spec.Unschedulable = n.Spec.Unschedulable && !a.options.down.cordon
	})
}

func (a *Autoscaler) changeNode(ctx context.Context, name string, change func(*corev1.Node)) error {
	nodes := a.config.Client.CoreV1().Nodes()
	return retry.RetryOnConflict(wait.Backoff{Steps: conflicts}, func() error {
		n, err := nodes.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		change(n)
		_, err = nodes.Update(ctx, n, metav1.UpdateOptions{})
		return err
	})
}
