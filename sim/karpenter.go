package sim

import (
	"k8s.io/apimachinery/pkg/runtime"

	"simk.dev/simk/autoscale/karpenter"
)

// karpenterComponent is who posts Karpenter's Events.
const karpenterComponent = "karpenter"

// newKarpenter builds Karpenter on the control plane, which serves its custom
// resources from then on.
func newKarpenter(c *cluster, in *input) (decider, error) {
	k, err := karpenter.New(c.group.ctx, karpenter.Config{
		Rest: c.plane.Config, Informers: c.plane.Informers, Groups: c.scaling.groups,
		Options: in.autoscaler.Karpenter, Record: c.scaling.recorder,
		Event: func(about runtime.Object, eventType, reason, note string) {
			c.events.note(karpenterComponent, about, eventType, reason, note)
			c.plane.PostEvent(karpenterComponent, about, eventType, reason, note)
		},
	})
	if err != nil {
		return nil, err
	}
	c.plane.InvalidateDiscovery()
	c.adapt = karpenter.Adapt
	return k, nil
}
