package controlplane

import (
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	coordinationv1informers "k8s.io/client-go/informers/coordination/v1"
	coordinationlisters "k8s.io/client-go/listers/coordination/v1"
)

// leaseInformer lists node leases computed from heartbeats; all other leases
// are the apiserver's.
type leaseInformer struct {
	coordinationv1informers.TypedLeaseInformer
	heartbeats Heartbeats
}

func (l *leaseInformer) Lister() coordinationlisters.LeaseLister {
	return &leaseLister{l.TypedLeaseInformer.Lister(), l.heartbeats}
}

type leaseLister struct {
	coordinationlisters.LeaseLister
	heartbeats Heartbeats
}

func (l *leaseLister) Leases(namespace string) coordinationlisters.LeaseNamespaceLister {
	stored := l.LeaseLister.Leases(namespace)
	if namespace != corev1.NamespaceNodeLease {
		return stored
	}
	return &nodeLeaseLister{stored, l.heartbeats}
}

type nodeLeaseLister struct {
	coordinationlisters.LeaseNamespaceLister
	heartbeats Heartbeats
}

// Get implements coordinationlisters.LeaseNamespaceLister.
func (l *nodeLeaseLister) Get(name string) (*coordinationv1.Lease, error) {
	if found := lease(name, l.heartbeats); found != nil {
		return found, nil
	}
	return nil, apierrors.NewNotFound(coordinationv1.Resource("leases"), name)
}
