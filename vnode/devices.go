package vnode

import (
	"context"
	"fmt"

	resourcev1 "k8s.io/api/resource/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Publish makes known what devices a node has, as the drivers on it do: the slices are
// the Node's, and the garbage collector removes them with it. A node that is gone has
// none; that is no error.
func (p *Pool) Publish(ctx context.Context, name string, slices []*resourcev1.ResourceSlice) error {
	node, err := p.config.Client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("publish devices of node %s: %w", name, err)
	}
	owner := metav1.OwnerReference{APIVersion: "v1", Kind: "Node", Name: name, UID: node.UID, Controller: new(true)}
	for _, s := range slices {
		s = s.DeepCopy()
		s.OwnerReferences = []metav1.OwnerReference{owner}
		if _, err := p.config.Client.ResourceV1().ResourceSlices().Create(ctx, s, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("publish devices of node %s: create ResourceSlice %s: %w", name, s.Name, err)
		}
	}
	return nil
}
