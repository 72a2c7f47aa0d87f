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
	"simk.dev/simk/sim/report"
	"simk.dev/simk/vnode"
)

// scaling lets nodes come and go: groups of machines, and who decides how many
// there are.
type scaling struct {
	groups   *groups.Groups
	decider  decider // nil: nobody but the file's schedule
	recorder *scalingRecorder
}

// decider is an autoscaler that is ready to run.
type decider interface {
	// Run decides until ctx ends; it calls ready when it begins.
	Run(ctx context.Context, ready func()) error
	// NextStep returns when it will next do something though nothing changes; ok is
	// false if it will not. A run is not over before.
	NextStep() (t time.Time, ok bool)
}

// scalingMode is how a mode of the autoscaler's file is brought to life.
type scalingMode struct {
	// interactive: only where clients can come.
	interactive bool
	// decider builds who decides; it may register informers, which are started
	// later. Nil: nobody decides.
	decider func(*cluster, *input) (decider, error)
}

// scalingModes are the modes that there are.
var scalingModes = map[config.Mode]scalingMode{
	config.ModeNone:              {},
	config.ModeClusterAutoscaler: {decider: newClusterAutoscaler},
	config.ModeKarpenter:         {decider: newKarpenter},
	config.ModeExternalGRPC:      {interactive: true}, // see externalautoscaler.go
}

// readAutoscaler reads the autoscaler's file and makes sure that its mode can be had.
func readAutoscaler(path string, interactive bool) (*config.Config, error) {
	c, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	if scalingModes[c.Mode].interactive && !interactive {
		return nil, fmt.Errorf("%s: mode %s needs a cluster that others can reach: use simk up", path, c.Mode)
	}
	return c, nil
}

// The pool of virtual nodes is the autoscalers' cloud.
var _ autoscale.Nodes = (*vnode.Pool)(nil)

// addScaling prepares groups and autoscaler, if a file asks for them. It comes
// before the informers are started.
func (c *cluster) addScaling(dir string, in *input, pool *vnode.Pool, s *scheduler.Scheduler) error {
	if in.autoscaler == nil {
		return nil
	}
	if err := c.checkDevices(in.autoscaler); err != nil {
		return &InputError{err}
	}
	record, err := recordScaling(c.recorder, dir, in.autoscaler)
	if err != nil {
		return err
	}
	c.scaling = &scaling{recorder: record, groups: groups.New(groups.Options{
		Groups: in.autoscaler.NodeGroups, Schedule: in.autoscaler.Schedule, Nodes: pool,
		Start: c.zero, Seed: c.options.Seed, Record: record, Observe: record.step,
		Together: func(do func()) { s.Hold(func() { do(); clock.Settle() }) },
	})}
	c.steps = append(c.steps, c.scaling.groups.NextStep)
	c.applier.groupOf = c.scaling.groups.Names
	build := scalingModes[in.autoscaler.Mode].decider
	if build == nil {
		return nil
	}
	if c.scaling.decider, err = build(c, in); err != nil {
		return &InputError{in.autoscaler.Locate(err)}
	}
	c.steps = append(c.steps, c.scaling.decider.NextStep)
	return nil
}

// fillGroups brings in the machines that exist at the start.
func (c *cluster) fillGroups(ctx context.Context) error {
	if c.scaling == nil {
		return nil
	}
	if err := c.scaling.groups.Fill(ctx); err != nil {
		return &InputError{fmt.Errorf("autoscaler configuration %s: %w", c.options.Autoscaler, err)}
	}
	clock.Settle()
	return nil
}

// afterAll is how much later than the trace's zero an autoscaler begins, so that its
// scans at whole seconds come after all that happens at these. It is less than the
// resolution of what is recorded.
const afterAll = resolution / 2

// startScaling lets groups and autoscaler run from now on, the trace's zero.
func (c *cluster) startScaling() error {
	if c.scaling == nil {
		return nil
	}
	if err := c.group.start(component{"node groups", c.scaling.groups.Run}); err != nil {
		return err
	}
	if c.scaling.decider == nil {
		return nil
	}
	return c.group.start(component{"autoscaler", func(ctx context.Context, ready func()) error {
		ready()
		if err := clock.Jump(ctx, c.zero.Add(afterAll)); err != nil {
			return nil //nolint:nilerr // the run is over
		}
		return c.scaling.decider.Run(ctx, func() {})
	}})
}

// newClusterAutoscaler builds the Cluster Autoscaler's rules with the profiles of
// the simulated scheduler.
func newClusterAutoscaler(c *cluster, in *input) (decider, error) {
	profiles, registry, err := scheduler.Profiles(in.scheduler)
	if err != nil {
		return nil, err
	}
	return clusterautoscaler.New(scheduler.WithoutMetrics(c.group.ctx), clusterautoscaler.Config{
		Client: c.plane.Client, Informers: c.plane.Informers, Groups: c.scaling.groups,
		Options: in.autoscaler.ClusterAutoscaler, Profiles: profiles, Registry: registry,
		Record: c.scaling.recorder, Seed: c.options.Seed,
		Event: c.poster(report.ClusterAutoscalerComponent, report.ClusterAutoscalerComponent),
	})
}
