package sim

import (
	"context"
	"errors"
	"time"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/sockets"
)

// Start brings up a cluster that a Go program drives itself, a test say, where Run replays a
// trace to its end. At its return the virtual time is the trace's zero and the trace's objects are
// there; events of the trace do not happen. Options.Inputs may be empty. From then on time passes
// whenever all goroutines wait: time.Sleep(time.Hour) lets an hour pass.
//
// Call Stop on the cluster before the next one is started: Kubernetes keeps feature gates, metrics
// and logs in globals. Only the first in a process gives the same results each time.
func Start(ctx context.Context, o Options) (_ *Cluster, err error) {
	began := clock.Wall()
	if err := o.validate(true); err != nil {
		return nil, &InputError{err}
	}
	sockets.Forbid()
	s, err := openScratch()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = s.remove() // err says what happened
		}
	}()
	if err := o.open(s.data); err != nil {
		return nil, err
	}
	c, err := startVirtual(ctx, s.data, &o, true, func() error { return nil })
	if err != nil {
		return nil, err
	}
	c.began, c.scratch = began, s
	if err := c.populate(ctx); err != nil {
		return nil, errors.Join(c.cause(ctx, err), c.stop())
	}
	return c, nil
}

// afterNow moves the start of a cluster that is not the first in its process: the virtual clock
// does not go back.
func (in *runInput) afterNow() {
	if head := in.summary.Head; clock.Virtual && head.StartTime.Add(-bootAhead).Before(time.Now()) {
		head.StartTime = time.Now().Add(bootAhead).Truncate(time.Minute).Add(time.Minute).UTC()
	}
}

// Stop ends a cluster that Start brought up, and all that runs in it. The outcome is what happened
// so far; it is written to Options.Out, if that is given. err is what went wrong, in a part too.
func (c *Cluster) Stop() (outcome *Outcome, err error) {
	defer func() { err = errors.Join(err, c.scratch.remove()) }()
	defer func() { err = errors.Join(err, c.stop()) }()
	outcome = &Outcome{}
	return outcome, c.conclude(outcome, c.began, time.Since(c.zero), context.Cause(c.group.ctx), true)
}
