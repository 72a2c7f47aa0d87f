package controlplane

import (
	"context"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// No two Services have one load balancer's address, and each family of a Service has one.
func TestLoadBalancerAddresses(t *testing.T) {
	b := newBalancers()
	ensure := func(uid types.UID, asked string, families ...corev1.IPFamily) (string, error) {
		s := &corev1.Service{Spec: corev1.ServiceSpec{LoadBalancerIP: asked, IPFamilies: families}}
		s.UID = uid
		status, err := b.EnsureLoadBalancer(context.Background(), "", s, nil)
		if err != nil {
			return "", err
		}
		var addresses []string
		for _, ingress := range status.Ingress {
			addresses = append(addresses, ingress.IP)
		}
		return strings.Join(addresses, " "), nil
	}
	const v4, v6 = corev1.IPv4Protocol, corev1.IPv6Protocol
	steps := []struct {
		service       types.UID
		asked         string
		families      []corev1.IPFamily
		want, problem string
	}{
		{service: "a", asked: "198.18.0.1", families: []corev1.IPFamily{v4}, want: "198.18.0.1"},
		{service: "b", families: []corev1.IPFamily{v4}, want: "198.18.0.2"},
		{service: "c", families: []corev1.IPFamily{v6, v4}, want: "2001:2::1 198.18.0.3"},
		{service: "d", asked: "198.18.0.2", families: []corev1.IPFamily{v4}, problem: "loadBalancerIP 198.18.0.2 is that of another Service"},
		{service: "d", asked: "web.example", families: []corev1.IPFamily{v4}, problem: "loadBalancerIP: "},
		{service: "b", asked: "192.0.2.7", families: []corev1.IPFamily{v4}, want: "192.0.2.7"},
		{service: "d", asked: "198.18.0.2", families: []corev1.IPFamily{v4}, want: "198.18.0.2"},
	}
	for _, step := range steps {
		got, err := ensure(step.service, step.asked, step.families...)
		if got != step.want || (err != nil) != (step.problem != "") || err != nil && !strings.HasPrefix(err.Error(), step.problem) {
			t.Errorf("%s, which asks for %q: %q, %v; want %q, %s", step.service, step.asked, got, err, step.want, step.problem)
		}
	}
	gone := &corev1.Service{}
	gone.UID = "a"
	if err := b.EnsureLoadBalancerDeleted(context.Background(), "", gone); err != nil {
		t.Fatal(err)
	}
	if got, err := ensure("e", "198.18.0.1", v4); got != "198.18.0.1" || err != nil {
		t.Errorf("an address that was given back: %q, %v", got, err)
	}
}
