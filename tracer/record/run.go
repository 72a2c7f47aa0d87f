package record

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"simk.dev/simk/tracer/record/journal"
)

func (r *Recorder) warn(format string, args ...any) { r.o.Warn(fmt.Sprintf(format, args...)) }

// Snapshot writes what exists now, and ends the recording.
func (r *Recorder) Snapshot(ctx context.Context, sink Sink) error {
	if err := r.sync(ctx, sink); err != nil {
		return err
	}
	return r.finish(r.begin)
}

// Run records until ctx ends, and then writes the end of the recording. An error
// is one that keeps the recording from going on: of the sink, or of the first
// list of a resource.
func (r *Recorder) Run(ctx context.Context, sink Sink) error {
	if err := r.sync(ctx, sink); err != nil {
		if ctx.Err() != nil {
			return r.finish(r.begin) // interrupted at once: what there is
		}
		return err
	}
	watching, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer stop()
	for _, w := range r.watches {
		group.Go(func() { w.follow(watching) })
	}
	pulse := time.NewTicker(r.o.Pulse)
	defer pulse.Stop()
	for {
		select {
		case c := <-r.changes:
			if err := r.batch(ctx, c); err != nil {
				return err
			}
		case <-pulse.C:
			if err := r.pulse(ctx); err != nil {
				return err
			}
		case <-ctx.Done():
			return r.drain()
		}
	}
}

// sync lists everything once, owners before what they own.
func (r *Recorder) sync(ctx context.Context, sink Sink) error {
	r.sink = sink
	if rotator, ok := sink.(Rotator); ok {
		if err := rotator.Begin(r.Begin()); err != nil {
			return err
		}
	}
	for _, w := range slices.Clone(r.watches) {
		err := w.list(ctx, func(c change) error { return r.handle(ctx, c, r.clock.now) })
		switch {
		case err == nil:
		case apierrors.IsNotFound(err) && !w.resource.custom:
			r.warn("the cluster does not serve %s: they are not recorded", w)
			r.watches = slices.DeleteFunc(r.watches, func(other *watchOf) bool { return other == w })
		case apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err):
			return fmt.Errorf("list %s: %w; leave them out (--exclude %s), or give the recorder the rights that --print-rbac prints",
				w, err, w.resource.Resource)
		default:
			return fmt.Errorf("list %s: %w", w, err)
		}
	}
	r.synced = true
	return r.sink.Flush()
}

// batch handles a change and those that wait behind it. The server's time is
// asked for once, when all of them had been received: it is then the latest at
// which any of them can have happened.
func (r *Recorder) batch(ctx context.Context, first change) error {
	waiting := len(r.changes)
	var asked time.Time
	now := func(ctx context.Context) time.Time {
		if asked.IsZero() {
			asked = r.clock.now(ctx)
		}
		return asked
	}
	if err := r.handle(ctx, first, now); err != nil {
		return err
	}
	for range waiting {
		if err := r.handle(ctx, <-r.changes, now); err != nil {
			return err
		}
	}
	return r.sink.Flush()
}

// pulse notes that the recorder is alive, and begins a new part if it is time.
func (r *Recorder) pulse(ctx context.Context) error {
	now, err := r.clock.ask()
	if err != nil {
		return r.sink.Sync() // while the server is away nothing has been seen
	}
	if err := r.sink.Write(journal.Line{Op: journal.Mark, At: now}); err != nil {
		return err
	}
	if rotator, ok := r.sink.(Rotator); ok && rotator.Due(now) {
		return r.rotate(rotator, now)
	}
	return r.sink.Sync()
}

// drain records what the watches had seen when the recording was ended.
func (r *Recorder) drain() error {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	end := r.clock.now(ctx)
	now := func(context.Context) time.Time { return end }
	for {
		select {
		case c := <-r.changes:
			if err := r.handle(ctx, c, now); err != nil {
				return err
			}
		default:
			return r.finish(end)
		}
	}
}

func (r *Recorder) finish(end time.Time) error {
	if err := r.sink.Write(journal.Line{Op: journal.End, At: end}); err != nil {
		return err
	}
	return r.sink.Sync()
}
