package vnode

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Adopt makes a node of the pool out of a Node that somebody else created through
// the API, as if its kubelet had now started: it becomes Ready. A node of the
// pool stays as it is.
func (p *Pool) Adopt(ctx context.Context, object *corev1.Node) error {
	complete, err := p.register(object, false)
	if complete == nil {
		return err
	}
	nodes := p.config.Client.CoreV1().Nodes()
	err = p.onConflict(func() error {
		current, err := nodes.Get(ctx, object.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		current.Labels, current.Spec.ProviderID = complete.Labels, complete.Spec.ProviderID
		if current, err = nodes.Update(ctx, current, metav1.UpdateOptions{}); err != nil {
			return err
		}
		current.Status = complete.Status
		_, err = nodes.UpdateStatus(ctx, current, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		p.Forget(object.Name)
		return fmt.Errorf("adopt node %s: %w", object.Name, err)
	}
	p.created(object.Name)
	return nil
}

// Forget takes a node and the containers on it away whose Node object is gone.
// Its pods are left to the control plane.
func (p *Pool) Forget(name string) {
	p.mu.Lock()
	n := p.nodes[name]
	if n != nil {
		for _, pod := range n.ordered() {
			pod.forget()
		}
		delete(p.nodes, name)
	}
	p.mu.Unlock()
	if n == nil {
		return
	}
	if v := p.providers[n.behaviour]; v != nil {
		v.remove(name)
	}
	p.changed()
}
