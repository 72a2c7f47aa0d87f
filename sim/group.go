package sim

import (
	"context"
	"errors"
	"fmt"
)

// component is a part of the simulated cluster: it runs until ctx ends and calls
// ready once others may rely on it.
type component struct {
	name string
	run  func(ctx context.Context, ready func()) error
}

// group runs components. The first that returns before it is told to ends all.
type group struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
}

func newGroup(ctx context.Context) *group {
	ctx, cancel := context.WithCancelCause(ctx)
	return &group{ctx, cancel}
}

// start starts a component and returns when it is ready.
func (g *group) start(c component) error {
	ready := make(chan struct{})
	go func() {
		err := c.run(g.ctx, func() { close(ready) })
		if g.ctx.Err() == nil {
			if err == nil {
				err = errors.New("it ended")
			}
			g.cancel(fmt.Errorf("%s stopped: %w", c.name, err))
		}
	}()
	select {
	case <-ready:
		return nil
	case <-g.ctx.Done():
		return fmt.Errorf("start %s: %w", c.name, context.Cause(g.ctx))
	}
}
