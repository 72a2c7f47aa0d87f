package sim

import (
	"context"
	"fmt"
	"time"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/autoscale/clusterautoscaler"
	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/autoscale/groups"
	"simk.dev/simk/scheduler"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/recorder"
	"simk.dev/simk/sim/report"
	"simk.dev/simk/vnode"
)

// scaling lets nodes come and go: groups of machines, and who decides how many
// there are.
type scaling struct {
	groups   *groups.Groups
	recorder *recorder.Scaling
}

// groupOf is the group of machines that names nodes so; empty: none does.
func (c *Cluster) groupOf(node string) string {
	if c.scaling == nil {
		return ""
	}
	return c.scaling.groups.Names(node)
}

// scalingMode is how a mode of the autoscaler's file is brought to life.
type scalingMode struct {
	// interactive: only where clients can come.
	interactive bool
	// decider makes the part that decides. Nil: nobody does but the file's schedule.
	decider func() Part
}

// scalingModes are the modes that there are.
var scalingModes = map[config.Mode]scalingMode{
	config.ModeNone:              {},
	config.ModeClusterAutoscaler: {decider: func() Part { return &clusterAutoscalerPart{} }},
	config.ModeKarpenter:         {decider: func() Part { return &karpenterPart{} }},
	config.ModeExternalGRPC:      {interactive: true}, // see externalautoscaler.go
}

// readAutoscaler reads the autoscaler's file and makes sure that its mode can be had.
func readAutoscaler(name string, text []byte, interactive bool) (*config.Config, error) {
	c, err := config.Parse(name, text)
	if err != nil {
		return nil, err
	}
	if scalingModes[c.Mode].interactive && !interactive {
		return nil, fmt.Errorf("%s: mode %s needs a cluster that others can reach: use simk up", name, c.Mode)
	}
	return c, nil
}

// The pool of virtual nodes is the autoscalers' cloud.
var _ autoscale.Nodes = (*vnode.Pool)(nil)

// scalingParts are node groups and autoscaler, if a file asks for them.
func (c *Cluster) scalingParts() ([]Part, error) {
	if c.in.autoscaler == nil {
		return nil, nil
	}
	if err := c.checkDevices(c.in.autoscaler); err != nil {
		return nil, &InputError{err}
	}
	parts := []Part{&groupsPart{}}
	if decider := scalingModes[c.in.autoscaler.Mode].decider; decider != nil {
		parts = append(parts, decider())
	}
	return parts, nil
}

// groupsPart are the groups of machines.
type groupsPart struct{ *groups.Groups }

func (*groupsPart) Name() string { return "node groups" }

func (p *groupsPart) Init(c *Cluster) error {
	record, err := c.recorder.NewScaling(c.in.autoscaler, c.logFolder())
	if err != nil {
		return err
	}
	p.Groups = groups.New(groups.Options{
		Groups: c.in.autoscaler.NodeGroups, Schedule: c.in.autoscaler.Schedule, Nodes: c.pool,
		Start: c.zero, Seed: c.options.Seed, Record: record, Observe: record.Step, Together: c.Hold,
	})
	c.scaling = &scaling{recorder: record, groups: p.Groups}
	return nil
}

// fillGroups brings in the machines that exist at the start.
func (c *Cluster) fillGroups(ctx context.Context) error {
	if c.scaling == nil {
		return nil
	}
	if err := c.scaling.groups.Fill(ctx); err != nil {
		return &InputError{fmt.Errorf("autoscaler configuration %s: %w", c.options.Autoscaler.name(), err)}
	}
	clock.Settle()
	return nil
}

// afterAll is how much later than the trace's zero an autoscaler begins, so that its
// scans at whole seconds come after all that happens at these. It is less than the
// resolution of what is recorded.
const afterAll = recorder.Resolution / 2

// startScaling lets groups and autoscaler run from now on, the trace's zero.
func (c *Cluster) startScaling() error {
	for _, p := range c.late {
		if err := c.group.start(p); err != nil {
			return err
		}
	}
	return nil
}

// afterZero runs an autoscaler from shortly after the trace's zero on.
func afterZero(ctx context.Context, zero time.Time, ready func(), run func(ctx context.Context, ready func()) error) error {
	ready()
	if err := clock.Jump(ctx, zero.Add(afterAll)); err != nil {
		return nil //nolint:nilerr // the run is over
	}
	return run(ctx, func() {})
}

// clusterAutoscalerPart has the Cluster Autoscaler's rules, with the profiles of the simulated
// scheduler.
type clusterAutoscalerPart struct {
	*clusterautoscaler.Autoscaler
	zero time.Time
}

func (*clusterAutoscalerPart) Name() string { return "autoscaler" }

func (p *clusterAutoscalerPart) Init(c *Cluster) error {
	p.zero = c.zero
	profiles, registry, err := scheduler.Profiles(c.in.scheduler)
	if err == nil {
		p.Autoscaler, err = clusterautoscaler.New(scheduler.WithoutMetrics(c.group.base), clusterautoscaler.Config{
			Client: c.plane.Client, Informers: c.plane.Informers, Groups: c.scaling.groups,
			Options: c.in.autoscaler.ClusterAutoscaler, Profiles: profiles, Registry: registry,
			Record: c.scaling.recorder, Seed: c.options.Seed,
			Event: c.poster(report.ClusterAutoscalerComponent, report.ClusterAutoscalerComponent),
		})
	}
	return c.in.located(err)
}

func (p *clusterAutoscalerPart) Run(ctx context.Context, ready func()) error {
	return afterZero(ctx, p.zero, ready, p.Autoscaler.Run)
}

// located tells where in the autoscaler's file the cause of an error is. Nil stays nil.
func (in *runInput) located(err error) error {
	if err == nil {
		return nil
	}
	return &InputError{in.autoscaler.Locate(err)}
}
