package controlplane

import (
	"context"
	"fmt"
	"net/netip"
	"sync"

	corev1 "k8s.io/api/core/v1"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	cloudprovider "k8s.io/cloud-provider"
	servicecontroller "k8s.io/cloud-provider/controllers/service"
	controllersmetrics "k8s.io/component-base/metrics/prometheus/controllers"
)

// balancerIPs is where load balancers have their addresses: a range for benchmarks
// (RFC 2544), which leads nowhere.
var balancerIPs = netip.MustParsePrefix("198.18.0.0/15")

// loadBalancers is a cloud that has nothing but load balancers: each Service of that type
// gets an address at once, or the one that it asks for. The controller is the cloud
// controller manager's own.
type loadBalancers struct {
	cloudprovider.Interface // nil: it has nothing else

	mu   sync.Mutex
	last netip.Addr
}

var _ cloudprovider.LoadBalancer = (*loadBalancers)(nil)

// newLoadBalancers builds upstream's service controller. What it returns runs it until its
// context ends; the shared informers must be started.
func (c *ControlPlane) newLoadBalancers() (func(context.Context), error) {
	core := c.Informers.Core().V1()
	controller, err := servicecontroller.New(&loadBalancers{last: balancerIPs.Addr()}, c.eventless(), core.Services(), core.Nodes(), "simk", utilfeature.DefaultFeatureGate)
	if err != nil {
		return nil, fmt.Errorf("build service-lb-controller: %w", err)
	}
	return func(ctx context.Context) {
		controller.Run(ctx, 1, controllersmetrics.NewControllerManagerMetrics("simk"))
	}, nil
}

// LoadBalancer implements cloudprovider.Interface.
func (b *loadBalancers) LoadBalancer() (cloudprovider.LoadBalancer, bool) { return b, true }

// GetLoadBalancerName implements cloudprovider.LoadBalancer.
func (b *loadBalancers) GetLoadBalancerName(_ context.Context, _ string, s *corev1.Service) string {
	return cloudprovider.DefaultLoadBalancerName(s)
}

// GetLoadBalancer implements cloudprovider.LoadBalancer: the Service's status is all that
// there is of it.
func (b *loadBalancers) GetLoadBalancer(_ context.Context, _ string, s *corev1.Service) (*corev1.LoadBalancerStatus, bool, error) {
	return &s.Status.LoadBalancer, len(s.Status.LoadBalancer.Ingress) > 0, nil
}

// EnsureLoadBalancer implements cloudprovider.LoadBalancer.
func (b *loadBalancers) EnsureLoadBalancer(_ context.Context, _ string, s *corev1.Service, _ []*corev1.Node) (*corev1.LoadBalancerStatus, error) {
	address := s.Spec.LoadBalancerIP
	if address == "" && len(s.Status.LoadBalancer.Ingress) > 0 {
		return &s.Status.LoadBalancer, nil
	}
	if address == "" {
		next, err := b.next()
		if err != nil {
			return nil, err
		}
		address = next.String()
	}
	return &corev1.LoadBalancerStatus{Ingress: []corev1.LoadBalancerIngress{{IP: address}}}, nil
}

// next is an address that no load balancer had before.
func (b *loadBalancers) next() (netip.Addr, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := b.last.Next()
	if !balancerIPs.Contains(next) {
		return next, fmt.Errorf("all addresses of %v have been given to load balancers", balancerIPs)
	}
	b.last = next
	return next, nil
}

// UpdateLoadBalancer implements cloudprovider.LoadBalancer.
func (b *loadBalancers) UpdateLoadBalancer(context.Context, string, *corev1.Service, []*corev1.Node) error {
	return nil
}

// EnsureLoadBalancerDeleted implements cloudprovider.LoadBalancer.
func (b *loadBalancers) EnsureLoadBalancerDeleted(context.Context, string, *corev1.Service) error {
	return nil
}
