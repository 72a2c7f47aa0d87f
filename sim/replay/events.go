package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/history"
	"simk.dev/simk/tracer"
)

// Fire fires the events up to offset Config.End, if there is one, each at its instant. It returns
// when the last has happened; its error is ctx's, the source's, or says what failed in which event.
func (r *Replay) Fire(ctx context.Context, events tracer.Source) error {
	end := r.config.End
	for {
		event, err := events.Next()
		r.move(func(p *Position) { p.Next = time.Time{} })
		if errors.Is(err, io.EOF) || err == nil && end > 0 && event.At > end {
			return nil
		}
		if err != nil {
			return err
		}
		at := r.config.Zero.Add(event.At)
		r.move(func(p *Position) { p.Next = at })
		if err := clock.Jump(ctx, at); err != nil {
			return err
		}
		if err := r.fire(ctx, event); err != nil {
			return err
		}
		clock.Settle()
		r.move(func(p *Position) { p.Fired++ })
		r.step()
	}
}

// fire does what an event says: apply, then delete, then evict, then nodes.
func (r *Replay) fire(ctx context.Context, e *tracer.Event) error {
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
		{e.Nodes.Fail, func(_ context.Context, name string) error { return r.config.Nodes.Fail(name) }},
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

// recover brings a node back: after a failure it restarts, and in any case it accepts pods again.
func (r *Replay) recover(ctx context.Context, name string) error {
	if r.config.Nodes.Failed(name) {
		if err := r.config.Nodes.Recover(ctx, name); err != nil {
			return err
		}
	}
	return r.drainer.uncordon(ctx, name)
}

// rejected deals with what could not be done during the run: it ends the run, or is recorded if the
// user wants to go on.
func (r *Replay) rejected(ctx context.Context, object string, e *tracer.Event, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if r.config.ContinueOnError {
		r.config.Recorder.Reject(history.Rejection{At: e.At, Object: object, Message: err.Error()})
		return nil
	}
	const advice = "--on-error=continue counts and reports such objects instead"
	return fmt.Errorf("%s: event %d at %v: %s: %w (%s)", e.Pos, e.Index, e.At, object, err, advice)
}
