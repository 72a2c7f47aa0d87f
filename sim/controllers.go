package sim

import (
	"slices"

	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/sim/controlplane"
	"simk.dev/simk/tracer"
)

// nodesFail tells whether a node may stop answering, or not be Ready, once it was.
func (in *runInput) nodesFail() bool {
	spot := in.autoscaler != nil && slices.ContainsFunc(in.autoscaler.NodeGroups, func(g config.NodeGroup) bool { return g.Spot != nil })
	return spot || in.summary.NodesFail || slices.ContainsFunc(in.nodes, tracer.Object.NotReady)
}

// moreControllers are those of a replay that the options ask for.
func (o *Options) moreControllers() []string {
	if !o.EndpointSlices {
		return nil
	}
	return []string{controlplane.EndpointSliceController}
}
