package controlplane

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	cloudprovider "k8s.io/cloud-provider"
	servicecontroller "k8s.io/cloud-provider/controllers/service"
	controllersmetrics "k8s.io/component-base/metrics/prometheus/controllers"
)

// balancerIPs is where load balancers have their addresses, by family: ranges for benchmarks
// (RFC 2544 and 5180), which lead nowhere.
var balancerIPs = map[corev1.IPFamily]netip.Prefix{
	corev1.IPv4Protocol: netip.MustParsePrefix("198.18.0.0/15"),
	corev1.IPv6Protocol: netip.MustParsePrefix("2001:2::/48"),
}

// loadBalancers is a cloud that has nothing but load balancers: each Service of that type
// gets an address of each of its families at once, or the one that it asks for, if no other
// Service has that. The controller is the cloud controller manager's own.
type loadBalancers struct {
	cloudprovider.Interface // nil: it has nothing else

	mu    sync.Mutex
	last  map[corev1.IPFamily]netip.Addr
	taken map[netip.Addr]types.UID // by which Service
}

var _ cloudprovider.LoadBalancer = (*loadBalancers)(nil)

func newBalancers() *loadBalancers {
	b := &loadBalancers{last: map[corev1.IPFamily]netip.Addr{}, taken: map[netip.Addr]types.UID{}}
	for family, addresses := range balancerIPs {
		b.last[family] = addresses.Addr()
	}
	return b
}

// newLoadBalancers builds upstream's service controller. What it returns runs it until its
// context ends; the shared informers must be started.
func (c *ControlPlane) newLoadBalancers() (func(context.Context), error) {
	core := c.Informers.Core().V1()
	gates := utilfeature.DefaultFeatureGate
	controller, err := servicecontroller.New(newBalancers(), c.eventless(), core.Services(), core.Nodes(), "simk", gates)
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
func (b *loadBalancers) EnsureLoadBalancer(_ context.Context, _ string, s *corev1.Service, _ []*corev1.Node) (
	*corev1.LoadBalancerStatus, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if asked := s.Spec.LoadBalancerIP; asked != "" {
		address, err := netip.ParseAddr(asked)
		if err != nil {
			return nil, fmt.Errorf("loadBalancerIP: %w", err)
		}
		if other, ok := b.taken[address]; ok && other != s.UID {
			return nil, fmt.Errorf("loadBalancerIP %v is that of another Service", address)
		}
		b.release(s.UID, address)
		return balancerStatus(address), nil
	}
	if len(s.Status.LoadBalancer.Ingress) > 0 {
		return &s.Status.LoadBalancer, nil
	}
	var addresses []netip.Addr
	for _, family := range s.Spec.IPFamilies {
		next, err := b.next(family)
		if err != nil {
			return nil, err
		}
		addresses = append(addresses, next)
	}
	b.release(s.UID, addresses...)
	return balancerStatus(addresses...), nil
}

func balancerStatus(addresses ...netip.Addr) *corev1.LoadBalancerStatus {
	status := &corev1.LoadBalancerStatus{}
	for _, a := range addresses {
		status.Ingress = append(status.Ingress, corev1.LoadBalancerIngress{IP: a.String()})
	}
	return status
}

// release takes a Service's addresses from it, but for these, which are its own from now on.
func (b *loadBalancers) release(service types.UID, but ...netip.Addr) {
	maps.DeleteFunc(b.taken, func(_ netip.Addr, owner types.UID) bool { return owner == service })
	for _, a := range but {
		b.taken[a] = service
	}
}

// next is an address that nobody has, and no load balancer was given before.
func (b *loadBalancers) next(family corev1.IPFamily) (netip.Addr, error) {
	next := b.last[family].Next()
	for ; balancerIPs[family].Contains(next); next = next.Next() {
		if _, taken := b.taken[next]; !taken {
			b.last[family] = next
			return next, nil
		}
	}
	return next, fmt.Errorf("all addresses of %v have been given to load balancers", balancerIPs[family])
}

// UpdateLoadBalancer implements cloudprovider.LoadBalancer.
func (b *loadBalancers) UpdateLoadBalancer(context.Context, string, *corev1.Service, []*corev1.Node) error {
	return nil
}

// EnsureLoadBalancerDeleted implements cloudprovider.LoadBalancer.
func (b *loadBalancers) EnsureLoadBalancerDeleted(_ context.Context, _ string, s *corev1.Service) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.release(s.UID)
	return nil
}
