package karpentertest

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"simk.dev/simk/autoscale"
)

const twoSizes = `
apiVersion: simk.dev/v1
kind: Autoscaler
mode: karpenter
nodeGroups:
- {name: small, min: 0, max: 40, machine: m5.xlarge, pricePerHour: 0.192, zones: [a, b], provisioning: {delay: 40s, boot: 20s}}
- {name: large, min: 0, max: 40, machine: m5.4xlarge, pricePerHour: 0.768, zones: [a, b], provisioning: {delay: 40s, boot: 20s}}
`

// TestUpAndDown asks for 30 pods on an empty cluster, and takes the load away again.
func TestUpAndDown(t *testing.T) {
	c := newCluster(t, twoSizes, nil)
	c.deployment("web", 30, "900m", "1Gi", nil)
	up := c.when("30 pods run", 10*time.Minute, func() bool { return c.running() == 30 })
	if up < 60*time.Second || up > 70*time.Second {
		t.Errorf("pods run after %v, want the 60 s that machines take and Karpenter's few", up)
	}
	var bought resource.Quantity
	for _, n := range c.nodes() {
		bought.Add(*n.Status.Capacity.Cpu())
		if n.Labels[corev1.LabelTopologyZone] == "" || n.Labels["karpenter.sh/registered"] != "true" {
			t.Errorf("node %s has labels %v", n.Name, n.Labels)
		}
	}
	if v := bought.Value(); v < 27 || v > 40 {
		t.Errorf("%d cores were bought for pods of 27", v)
	}
	c.at(5 * time.Minute)
	c.scale("web", 0)
	down := c.when("all nodes are gone", time.Hour, func() bool { return len(c.nodes()) == 0 })
	if down > 10*time.Minute {
		t.Errorf("nodes are gone after %v", down)
	}
	balance := 0
	for _, d := range c.end() {
		balance += d.Delta
		if d.Kind == string(autoscale.ScaleUp) && (d.PodCount == 0 || d.Node == "" || d.Group == "") {
			t.Errorf("decision %+v says too little", d)
		}
	}
	if balance != 0 {
		t.Errorf("decisions add up to %d nodes", balance)
	}
}
