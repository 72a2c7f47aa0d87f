package vnode

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	taintutils "k8s.io/kubernetes/pkg/util/taints"
)

// RemoveTaints takes taints off a node, by key and effect, as an agent does that has
// done its work. Neither a node that is gone nor a taint that is not there is an error.
func (p *Pool) RemoveTaints(ctx context.Context, name string, taints []corev1.Taint) error {
	nodes := p.config.Client.CoreV1().Nodes()
	err := p.onConflict(func() error {
		node, err := nodes.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		before := len(node.Spec.Taints)
		node.Spec.Taints = slices.DeleteFunc(node.Spec.Taints, func(t corev1.Taint) bool {
			return taintutils.TaintExists(taints, &t)
		})
		if len(node.Spec.Taints) == before {
			return nil
		}
		_, err = nodes.Update(ctx, node, metav1.UpdateOptions{})
		return err
	})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("remove taints of node %s: %w", name, err)
	}
	return nil
}
