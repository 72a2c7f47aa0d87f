package sim

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

const (
	// readyWithin bounds how long a part may take until others can rely on it, in virtual time.
	readyWithin = 2 * time.Minute
	// stopWithin bounds how long one may take to end, in virtual time.
	stopWithin = time.Minute
)

// group runs the parts of a cluster. It starts them one after the other, each when the one before
// is ready, and stops them in the reverse order, each when the one after has ended. The first that
// ends before it is told to, or panics, ends the run.
type group struct {
	// ctx ends with the caller's, and when a part ends early: context.Cause then names it.
	ctx    context.Context
	cancel context.CancelCauseFunc
	// base ends when all parts have: what they share, such as informers, runs until then.
	base    context.Context
	end     context.CancelFunc
	running []*startedPart
}

// startedPart is a part that runs, or has ended.
type startedPart struct {
	name   string
	cancel context.CancelFunc
	// done is closed when it has ended. Then err is why, if not because it was told to.
	done chan struct{}
	err  error
}

func newGroup(ctx context.Context) *group {
	g := &group{}
	g.ctx, g.cancel = context.WithCancelCause(ctx)
	g.base, g.end = context.WithCancel(context.WithoutCancel(ctx))
	return g
}

// start starts a part and returns when it is ready.
func (g *group) start(p Part) error {
	ctx, cancel := context.WithCancel(g.base)
	r := &startedPart{name: p.Name(), cancel: cancel, done: make(chan struct{})}
	g.running = append(g.running, r)
	ready := make(chan struct{})
	go func() {
		defer close(r.done)
		r.err = runPart(ctx, p, ready)
		if ctx.Err() == nil {
			if r.err == nil {
				r.err = errors.New("it ended")
			}
			g.cancel(fmt.Errorf("%s stopped: %w", r.name, r.err))
		}
	}()
	late := time.NewTimer(readyWithin)
	defer late.Stop()
	select {
	case <-ready:
		return nil
	case <-late.C:
		err := fmt.Errorf("start %s: it is not ready after %v", r.name, readyWithin)
		g.cancel(err)
		return err
	case <-g.ctx.Done():
		return fmt.Errorf("start %s: %w", r.name, context.Cause(g.ctx))
	}
}

// runPart runs a part. A panic in its own goroutine is an error like others, and names the place.
func runPart(ctx context.Context, p Part, ready chan struct{}) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return p.Run(ctx, sync.OnceFunc(func() { close(ready) }))
}

// stop stops all parts, the last that was started first, and waits for each. It returns what they
// could not do. Parts that had ended before have been told of by ctx.
func (g *group) stop() error {
	var failed []error
	for i := len(g.running) - 1; i >= 0; i-- {
		r := g.running[i]
		ended := false
		select {
		case <-r.done:
			ended = true
		default:
		}
		r.cancel()
		late := time.NewTimer(stopWithin)
		select {
		case <-r.done:
			if r.err != nil && !ended && !errors.Is(r.err, context.Canceled) {
				failed = append(failed, fmt.Errorf("stop %s: %w", r.name, r.err))
			}
		case <-late.C:
			failed = append(failed, fmt.Errorf("stop %s: it has not ended after %v", r.name, stopWithin))
		}
		late.Stop()
	}
	g.running = nil
	g.cancel(nil)
	g.end()
	return errors.Join(failed...)
}
