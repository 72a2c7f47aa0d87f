package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/history"
	"simk.dev/simk/sim/recorder"
	"simk.dev/simk/tracer"
)

// replay drives one run through a trace's events.
type replay struct {
	options  *Options
	zero     time.Time
	applier  *applier
	drainer  *drainer
	recorder *recorder.Recorder
	owners   *owners
	quiet    quiet
	// steps tell when something will happen though nothing changes.
	steps []func() (t time.Time, ok bool)
	total int // events in the trace
	// reached is read by those who look at a live cluster, too.
	reached struct {
		sync.Mutex
		place
	}
}

// place is how far a replay is.
type place struct {
	phase string
	fired int // events
	// next is when the next event is; zero: not known, or there is none.
	next time.Time
}

func (r *replay) place() place {
	r.reached.Lock()
	defer r.reached.Unlock()
	return r.reached.place
}

func (r *replay) move(change func(*place)) {
	r.reached.Lock()
	defer r.reached.Unlock()
	change(&r.reached.place)
}

// loop is the simulation. For each event of the trace, in file order:
//
//	jump to the event's instant, where everything due before happens first;
//	fire it, one object at a time;
//	settle: let every component react until nothing is left to do.
//
// After the last event time goes on to the end of the trace, or without one
// until nothing changes any more. It returns when the run ended; an error other
// than ctx's means that the run failed.
func (r *replay) loop(ctx context.Context, events tracer.Source, end time.Duration) (time.Duration, error) {
	if err := r.fireAll(ctx, events, end); err != nil {
		return r.recorder.Now(), err
	}
	if end > 0 {
		return r.runTo(ctx, end)
	}
	return r.runUntilQuiet(ctx)
}

// fireAll fires the events up to offset end, if there is one, each at its instant.
func (r *replay) fireAll(ctx context.Context, events tracer.Source, end time.Duration) error {
	for {
		event, err := events.Next()
		r.move(func(p *place) { p.next = time.Time{} })
		if errors.Is(err, io.EOF) || err == nil && end > 0 && event.At > end {
			return nil
		}
		if err != nil {
			return err
		}
		at := r.zero.Add(event.At)
		r.move(func(p *place) { p.next = at })
		if err := clock.Jump(ctx, at); err != nil {
			return err
		}
		if err := r.fire(ctx, event); err != nil {
			return err
		}
		clock.Settle()
		r.move(func(p *place) { p.fired++ })
		r.report("replay", end)
	}
}

// reportEvery is how often, in virtual time, a run without events reports.
const reportEvery = 10 * time.Minute

// runTo lets time pass to offset end.
func (r *replay) runTo(ctx context.Context, end time.Duration) (time.Duration, error) {
	for at := time.Since(r.zero); at < end; at = time.Since(r.zero) {
		next := min(at+reportEvery, end)
		if err := clock.Jump(ctx, r.zero.Add(next)); err != nil {
			return r.recorder.Now(), err
		}
		r.report("replay", end)
	}
	clock.Settle()
	return end, nil
}

// fire does what an event says: apply, then delete, then evict, then nodes.
func (r *replay) fire(ctx context.Context, e *tracer.Event) error {
	for _, o := range e.Apply {
		if err := r.applier.apply(ctx, o); err != nil {
			if err := r.rejected(ctx, o.Ref().String(), e, err); err != nil {
				return err
			}
		}
	}
	for _, ref := range e.Delete {
		if err := r.applier.delete(ctx, ref); err != nil {
			if err := r.rejected(ctx, ref.String(), e, err); err != nil {
				return err
			}
		}
	}
	for _, p := range e.Pods {
		if err := r.pod(ctx, p); err != nil {
			if err := r.rejected(ctx, p.String(), e, err); err != nil {
				return err
			}
		}
	}
	for _, step := range []struct {
		names []string
		do    func(context.Context, string) error
	}{
		{e.Nodes.Fail, func(_ context.Context, name string) error { return r.applier.pool.Fail(name) }},
		{e.Nodes.Recover, r.recover},
		{e.Nodes.Drain, r.drainer.drain},
	} {
		for _, name := range step.names {
			if err := step.do(ctx, name); err != nil {
				if err := r.rejected(ctx, "Node "+name, e, err); err != nil {
					return err
				}
			}
			clock.Settle()
		}
	}
	return nil
}

// recover brings a node back: after a failure it restarts, and in any case it
// accepts pods again.
func (r *replay) recover(ctx context.Context, name string) error {
	if r.applier.pool.Failed(name) {
		if err := r.applier.pool.Recover(ctx, name); err != nil {
			return err
		}
	}
	return r.drainer.uncordon(ctx, name)
}

// rejected deals with an object that the apiserver refused during the run: it
// ends the run, or is noted if the user wants to go on.
func (r *replay) rejected(ctx context.Context, object string, e *tracer.Event, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !r.options.ContinueOnError {
		return fmt.Errorf("%s: event %d at %v: %s: %w (--on-error=continue counts and reports such objects instead)", e.Pos, e.Index, e.At, object, err)
	}
	r.recorder.Reject(history.Rejection{At: e.At, Object: object, Message: err.Error()})
	return nil
}

// report is called after each step of the run.
func (r *replay) report(phase string, end time.Duration) {
	r.move(func(p *place) { p.phase = phase })
	if r.options.Watch != nil {
		r.options.Watch.Step()
	}
	if r.options.Progress == nil {
		return
	}
	n := r.recorder.Counts()
	r.options.Progress(Progress{
		Phase: phase, At: n.At, End: end, Events: r.place().fired, EventsTotal: r.total,
		Pending: n.Pending, Running: n.Running, Done: n.Done, Nodes: n.Nodes,
	})
}
