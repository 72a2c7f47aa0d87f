package karpenter

import (
	"context"

	"github.com/awslabs/operatorpkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/karpenter/pkg/controllers/disruption"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	karpoptions "sigs.k8s.io/karpenter/pkg/operator/options"
)

// wrappers put something around reconcilers, by the names of their controllers.
type wrappers map[string]func(reconcile.Reconciler) reconcile.Reconciler

// savings are what is put around Karpenter's controllers so that they do not do again
// what they have done.
func (k *Karpenter) savings(ctx context.Context, cluster *state.Cluster, list []controller.Controller) wrappers {
	gates := karpoptions.FromContext(ctx).FeatureGates
	r := &rounds{
		changes: k.changes, cluster: cluster, cloud: k.cloud, reader: k.manager.GetClient(), audit: k.config.Audit,
		views:  views{changes: k.changes, index: index{}},
		always: gates.NodeOverlay || gates.StaticCapacity || gates.CapacityBuffer,
	}
	around := wrappers{}
	for _, c := range list {
		switch c := c.(type) {
		case *disruption.Queue:
			r.queue = c
		case *disruption.Controller:
			around[c.Name()] = func(next reconcile.Reconciler) reconcile.Reconciler { r.next = next; return r }
		}
	}
	return around
}
