package sim

import (
	"simk.dev/simk/autoscale/karpenter"
	"simk.dev/simk/sim/report"
)

// newKarpenter builds Karpenter on the control plane, which serves its custom
// resources from then on.
func newKarpenter(c *cluster, in *input) (decider, error) {
	k, err := karpenter.New(c.group.ctx, karpenter.Config{
		Rest: c.plane.Config, Informers: c.plane.Informers, Groups: c.scaling.groups,
		Options: in.autoscaler.Karpenter, Record: c.scaling.recorder,
		Event: c.poster(report.KarpenterComponent, report.KarpenterComponent),
	})
	if err != nil {
		return nil, err
	}
	c.plane.InvalidateDiscovery()
	c.applier.adapt = karpenter.Adapt
	return k, nil
}
