package scheduler

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
)

// withoutMetrics is a context for upstream's constructors that ends only the
// goroutines that flush the scheduler's Prometheus metrics.
//
// Those goroutines, one for the scheduler and one for each profile, poll two
// channels a thousand times in every (virtual) second whether or not there is
// anything to flush: a third of all work in an idle cluster, for metrics that
// nobody reads. They take nothing but a stop channel from ctx.Done(), in the two
// functions named here; everybody else, plugins above all, gets the real one.
// Should upstream rename them, only the saving is lost: what they record, they
// record without blocking. A scheduler says so all the same: see took.
type withoutMetrics struct {
	context.Context
	stopped chan struct{}
	// scheduler and framework say that each of the two functions has asked.
	scheduler, framework atomic.Bool
}

// The functions, by their names in a binary, without the import path of the scheduler.
const (
	schedulerPath = "k8s.io/kubernetes/pkg/scheduler"
	newScheduler  = ".New"
	newFramework  = "/framework/runtime.NewFramework"
)

func newWithoutMetrics(ctx context.Context) *withoutMetrics {
	stopped := make(chan struct{})
	close(stopped)
	return &withoutMetrics{Context: ctx, stopped: stopped}
}

// took is an error unless both functions were recognised: a scheduler was built with this context.
func (c *withoutMetrics) took() error {
	for name, asked := range map[string]*atomic.Bool{newScheduler: &c.scheduler, newFramework: &c.framework} {
		if !asked.Load() {
			return fmt.Errorf("%s%s of this Kubernetes does not ask its context when to end: it flushes metrics all the time", schedulerPath, name)
		}
	}
	return nil
}

// Done implements context.Context.
func (c *withoutMetrics) Done() <-chan struct{} {
	var callers [1]uintptr
	if runtime.Callers(2, callers[:]) == 1 {
		frame, _ := runtime.CallersFrames(callers[:]).Next()
		switch name, _ := strings.CutPrefix(frame.Function, schedulerPath); name {
		case newScheduler:
			c.scheduler.Store(true)
			return c.stopped
		case newFramework:
			c.framework.Store(true)
			return c.stopped
		}
	}
	return c.Context.Done()
}
