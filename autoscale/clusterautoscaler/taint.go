package clusterautoscaler

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// deletionCandidate is upstream's taint on unneeded nodes: the scheduler then
	// prefers others.
	deletionCandidate = "DeletionCandidateOfClusterAutoscaler"
	// maxSoftTaints is max-bulk-soft-taint-count: changes of it in one scan.
	maxSoftTaints = 10
	// conflicts is how often a change is tried while others change the node too.
	conflicts = 5
)

// staysBehind says whether a pod does not keep its node from being empty.
func staysBehind(p *corev1.Pod) bool {
	_, mirror := p.Annotations[corev1.MirrorPodAnnotationKey]
	owner := metav1.GetControllerOf(p)
	return mirror || owner != nil && owner.Kind == "DaemonSet" || p.Annotations[daemonSetPod] == "true"
}

// softTaint marks the unneeded nodes, and takes the mark from the others.
func (a *Autoscaler) softTaint(ctx context.Context) {
	wanted := map[string]bool{}
	for _, u := range a.unneeded {
		wanted[u.node.Name] = true
	}
	left := maxSoftTaints
	for _, n := range a.cluster.nodes {
		marked := slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Key == deletionCandidate })
		if marked == wanted[n.Name] || beingDeleted(n.Node) {
			continue
		}
		if left--; left < 0 {
			a.changed = true // go on at the next scan
			return
		}
		// A node that cannot be changed now is tried again when something changes.
		if marked {
			_ = a.untaint(ctx, n.Name, deletionCandidate)
		} else {
			_ = a.taint(ctx, n.Name, corev1.Taint{Key: deletionCandidate, Effect: corev1.TaintEffectPreferNoSchedule})
		}
	}
}

func (a *Autoscaler) taint(ctx context.Context, node string, t corev1.Taint) error {
	return a.changeTaints(ctx, node, func(taints []corev1.Taint) []corev1.Taint {
		return append(without(taints, t.Key), t)
	})
}

func (a *Autoscaler) untaint(ctx context.Context, node, key string) error {
	return a.changeTaints(ctx, node, func(taints []corev1.Taint) []corev1.Taint { return without(taints, key) })
}

func without(taints []corev1.Taint, key string) []corev1.Taint {
	return slices.DeleteFunc(slices.Clone(taints), func(t corev1.Taint) bool { return t.Key == key })
}

func (a *Autoscaler) changeTaints(ctx context.Context, name string, change func([]corev1.Taint) []corev1.Taint) error {
	nodes := a.config.Client.CoreV1().Nodes()
	var err error
	for range conflicts {
		var n *corev1.Node
		if n, err = nodes.Get(ctx, name, metav1.GetOptions{}); err != nil {
			return err
		}
		n.Spec.Taints = change(n.Spec.Taints)
		if _, err = nodes.Update(ctx, n, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
			return err
		}
	}
	return err
}
