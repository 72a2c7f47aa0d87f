package scheduler

import (
	"context"
	"runtime"
	"strings"
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
// record without blocking.
type withoutMetrics struct {
	context.Context
	stopped chan struct{}
}

func newWithoutMetrics(ctx context.Context) context.Context {
	stopped := make(chan struct{})
	close(stopped)
	return &withoutMetrics{ctx, stopped}
}

// Done implements context.Context.
func (c *withoutMetrics) Done() <-chan struct{} {
	var callers [1]uintptr
	if runtime.Callers(2, callers[:]) == 1 {
		frame, _ := runtime.CallersFrames(callers[:]).Next()
		if name, ok := strings.CutPrefix(frame.Function, "k8s.io/kubernetes/pkg/scheduler"); ok &&
			(name == ".New" || name == "/framework/runtime.NewFramework") {
			return c.stopped
		}
	}
	return c.Context.Done()
}
