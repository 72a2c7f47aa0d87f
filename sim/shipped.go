package sim

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"simk.dev/simk/scheduler"
	"simk.dev/simk/sim/controlplane"
	"simk.dev/simk/sim/explain"
	"simk.dev/simk/sim/recorder"
	"simk.dev/simk/sim/report"
	"simk.dev/simk/vnode"
	"simk.dev/simk/vnode/volumes"
)

// shipped are the parts of every cluster, in the order in which they start.
func (c *Cluster) shipped() []Part {
	return []Part{
		&runner{"control plane", c.plane.Watch}, &nodesPart{}, &storagePart{}, &controllersPart{}, &schedulerPart{}, &recorderPart{},
	}
}

// runner is a part that has nothing to prepare.
type runner struct {
	name string
	run  func(ctx context.Context, ready func()) error
}

func (r *runner) Name() string                                { return r.name }
func (r *runner) Init(*Cluster) error                         { return nil }
func (r *runner) Run(ctx context.Context, ready func()) error { return r.run(ctx, ready) }

// nodesPart are the virtual nodes.
type nodesPart struct{ *vnode.Pool }

func (*nodesPart) Name() string { return "virtual nodes" }

func (p *nodesPart) Init(c *Cluster) error {
	defaults, err := newRunTimes(c.options.RunTimes, c.options.Seed)
	if err != nil {
		return err
	}
	c.lives = newLifecycles(c.owners, c.in.summary.Head.Lifecycles, defaults, c.recorder.Launched, func(p *corev1.Pod, err error) {
		c.events.Note(report.SchedulerComponent, p, "Warning", "InvalidLifecycle", err.Error())
	})
	c.pool = vnode.New(c.nodesConfig())
	p.Pool = c.pool
	return nil
}

// storagePart makes volumes.
type storagePart struct{ *volumes.Provisioner }

func (*storagePart) Name() string { return "storage" }

func (p *storagePart) Init(c *Cluster) error {
	p.Provisioner = volumes.New(volumes.Config{
		Client: c.plane.Client, Informers: c.plane.Informers, Event: c.poster(report.StorageComponent, "external-provisioner"),
	})
	return nil
}

// controllersPart are the controllers of kube-controller-manager.
type controllersPart struct{ *controlplane.Controllers }

func (*controllersPart) Name() string { return "controllers" }

func (p *controllersPart) Init(c *Cluster) (err error) {
	p.Controllers, err = c.plane.NewControllers(c.group.base, c.pool, c.options.moreControllers()...)
	return err
}

// schedulerPart is the scheduler, as the user's configuration says.
type schedulerPart struct{ *scheduler.Scheduler }

func (*schedulerPart) Name() string { return "scheduler" }

func (p *schedulerPart) Init(c *Cluster) (err error) {
	var attempts scheduler.Attempts
	if c.options.Explain.On() && c.options.Out != "" {
		if attempts, c.attempts, err = recorder.NewAttempts(c.options.Explain, c.dir, c.zero); err != nil {
			return err
		}
	}
	p.Scheduler, err = scheduler.New(c.group.base, scheduler.Config{
		Attempts: attempts, Scores: c.options.Explain == explain.All,
		Client: c.plane.Client, Rest: c.plane.Config, Informers: c.plane.Informers, Configuration: c.in.scheduler, Extender: holdExtender,
		Event: c.poster(report.SchedulerComponent, "default-scheduler"),
	})
	c.scheduler = p.Scheduler
	if err == nil {
		return nil
	}
	if d := c.options.SchedulerConfig; !d.IsZero() {
		err = fmt.Errorf("scheduler configuration %s: %w", d.name(), err)
	}
	return &InputError{err}
}
