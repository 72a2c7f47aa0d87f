package sim

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/autoscale/karpenter"
	"simk.dev/simk/sim/report"
)

// karpenterPart is Karpenter on the control plane, which serves its custom resources from Init on.
type karpenterPart struct {
	*karpenter.Karpenter
	zero time.Time
}

func (*karpenterPart) Name() string { return "autoscaler" }

func (p *karpenterPart) Init(c *Cluster) (err error) {
	p.zero = c.zero
	p.Karpenter, err = karpenter.New(c.group.base, karpenter.Config{
		Rest: c.plane.Config, Define: c.Define, Informers: c.plane.Informers, Groups: c.scaling.groups,
		Options: c.in.autoscaler.Karpenter, Record: c.scaling.recorder,
		Event: c.poster(report.KarpenterComponent, report.KarpenterComponent),
		Audit: c.options.AuditRounds,
	})
	return c.in.located(err)
}

func (p *karpenterPart) Run(ctx context.Context, ready func()) error {
	return afterZero(ctx, p.zero, ready, p.Karpenter.Run)
}

// Adapt implements Adapter: node pools of other clouds become those of the groups.
func (p *karpenterPart) Adapt(o *unstructured.Unstructured) error {
	karpenter.Adapt(o)
	return nil
}
