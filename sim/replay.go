package sim

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/client-go/metadata"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/replay"
	"simk.dev/simk/tracer"
)

// newReplay makes what brings the trace in. All parts are prepared by then.
func (c *Cluster) newReplay() (*replay.Replay, error) {
	m, err := metadata.NewForConfig(c.plane.Config)
	if err != nil {
		return nil, fmt.Errorf("create metadata client: %w", err)
	}
	config := replay.Config{
		Zero: c.zero, End: c.End(), Seed: c.options.Seed,
		Client: c.plane.Client, Dynamic: c.dynamic, Metadata: m, ControlPlane: c.plane,
		Pods: c.plane.Informers.Core().V1().Pods().Lister(), Nodes: c.pool, Recorder: c.recorder,
		Owner: c.owners.top, GroupOf: c.groupOf, Adapt: c.adapt, AppliedAgain: c.in.summary.AppliedAgain,
		ReplaceNodes: c.options.replacesNodes(), Interactive: c.plan.Interactive, ContinueOnError: c.options.ContinueOnError,
		Step: c.stepped, Watched: c.options.Watch != nil,
	}
	for _, p := range c.allParts() {
		if s, ok := p.(Stepper); ok {
			config.NextSteps = append(config.NextSteps, s.NextStep)
		}
	}
	return replay.New(config), nil
}

// populate brings in what exists at the start; then time is the trace's zero.
func (c *Cluster) populate(ctx context.Context) error {
	clock.JumpTo(c.zero.Add(-clusterAhead))
	c.stepped(c.replay.Position())
	if err := c.fillGroups(ctx); err != nil {
		return err
	}
	err := c.replay.Populate(ctx, c.in.nodes, c.in.summary.Head.Objects)
	if refused := (*replay.RefusedError)(nil); errors.As(err, &refused) {
		return &InputError{refused.Err}
	} else if err != nil {
		return err
	}
	return c.startScaling()
}

// withEvents opens the trace once more, for its events.
func (c *Cluster) withEvents(do func(tracer.Source) error) error {
	events, err := tracer.OpenNamed(c.options.trace.Path, c.options.trace.Naming)
	if err != nil {
		return err
	}
	defer events.Close()
	return do(events)
}

// stepped shows to those who look how far the replay is.
func (c *Cluster) stepped(at replay.Position) {
	if c.options.Watch != nil {
		c.options.Watch.Step()
	}
	if c.options.Progress == nil {
		return
	}
	n := c.recorder.Counts()
	c.options.Progress(Progress{
		Phase: string(at.Phase), At: n.At, End: c.End(), Events: at.Fired, EventsTotal: c.in.summary.Events,
		Pending: n.Pending, Running: n.Running, Done: n.Done, Nodes: n.Nodes,
	})
}
