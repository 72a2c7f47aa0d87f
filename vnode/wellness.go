package vnode

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// pingPeriod is how often a NodeProvider is asked whether its node is well, and pingWithin how
// long it may take to answer: virtual-kubelet's defaults.
const (
	pingPeriod = 10 * time.Second
	pingWithin = 10 * time.Second
)

// follow keeps the Node of a provider as its NodeProvider says, until ctx ends. One that does not
// answer a ping renews its lease no more: the control plane marks it Unknown.
func (p *Pool) follow(ctx context.Context, who *provided) {
	if who.status == nil {
		return
	}
	who.status.NotifyNodeStatus(ctx, func(n *corev1.Node) { p.takeStatus(ctx, who.node, n) })
	p.pingLater(ctx, who)
}

// pingLater asks a provider in a while whether its node is well, and then again. The answer may
// take its time, and nobody else waits for it.
func (p *Pool) pingLater(ctx context.Context, who *provided) {
	p.agenda.MaybeAt(time.Now().Add(pingPeriod), func(context.Context) {
		if ctx.Err() != nil {
			return // the node has gone
		}
		go func() {
			pinged, cancel := context.WithTimeout(ctx, pingWithin)
			err := who.status.Ping(pinged)
			cancel()
			if ctx.Err() == nil {
				p.answered(ctx, who.node, err == nil)
				p.pingLater(ctx, who)
			}
		}()
	})
}

// answered notes whether a node's provider answered.
func (p *Pool) answered(ctx context.Context, name string, well bool) {
	p.mu.Lock()
	n := p.nodes[name]
	if n == nil || n.mute != well || n.failed {
		p.mu.Unlock()
		return
	}
	n.mute, n.silent = !well, time.Now()
	if well {
		n.began = n.silent
	}
	p.mu.Unlock()
	if well {
		_ = p.postReady(ctx, name) // one that is gone is not Ready
	}
	p.changed()
}

// takeStatus writes what a provider reports of its node: conditions, size, addresses, versions.
func (p *Pool) takeStatus(ctx context.Context, name string, reported *corev1.Node) {
	nodes := p.config.Client.CoreV1().Nodes()
	_ = p.onConflict(func() error { // a node that is gone has no status
		current, err := nodes.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		status := reported.Status.DeepCopy()
		if len(status.Addresses) == 0 {
			status.Addresses = current.Status.Addresses
		}
		if len(status.Conditions) == 0 {
			status.Conditions = current.Status.Conditions
		}
		fillResources(status)
		if taints := withTaints(current.Spec.Taints, reported.Spec.Taints); len(taints) > len(current.Spec.Taints) {
			current.Spec.Taints = taints
			if current, err = nodes.Update(ctx, current, metav1.UpdateOptions{}); err != nil {
				return err
			}
		}
		current.Status = *status
		_, err = nodes.UpdateStatus(ctx, current, metav1.UpdateOptions{})
		return err
	})
	p.changed()
}

// withTaints adds those taints that a node does not have.
func withTaints(taints, more []corev1.Taint) []corev1.Taint {
	for _, t := range more {
		if !slices.ContainsFunc(taints, func(old corev1.Taint) bool { return old.MatchTaint(&t) }) {
			taints = append(slices.Clone(taints), t)
		}
	}
	return taints
}
