// Package clock is the only place that knows how time passes in simk.
//
// In the virtual build (tag faketime plus the overlay of sim/clock/overlay,
// which `make build` sets) the whole process runs on the Go runtime's own
// virtual clock: time.Now, every timer and every ticker, in etcd and the
// apiserver as much as here, read a clock that stands still while any goroutine
// can run and jumps to the next timer when none can. Code therefore just uses
// package time. What package time cannot say is here:
//
//   - Settle runs all components to a fixed point.
//   - JumpTo moves to an instant.
//   - Wall reads the real time, for progress and benchmarks only.
//   - WallTicks tells an interactive cluster that real time passes.
//   - A Pacer slows virtual time down to a chosen speed.
//
// Without the tag everything works in wall-clock time, at speed 1: for
// debuggers, the race detector and editors. Then Settle can only wait a moment
// and hope, so nothing about a run is repeatable.
package clock

import (
	"context"
	"time"
	_ "time/tzdata" // as in upstream's programs: schedules name time zones, and machines without them
)

// Settle returns when every other goroutine of the process is blocked, that is
// when nothing more can happen before time moves. It costs one nanosecond of
// virtual time: a timer fires only when no goroutine is left to run.
//
// In wall-clock time it waits settleWall instead.
func Settle() {
	if Virtual {
		time.Sleep(1) //nolint:staticcheck // a nanosecond is meant
		return
	}
	time.Sleep(settleWall)
}

// settleWall is a guess at how long a change needs to go round the components
// in wall-clock time.
const settleWall = 20 * time.Millisecond

// JumpTo sleeps until instant t, which costs nothing in virtual time if no
// timer is due before. It returns at once when t has passed.
func JumpTo(t time.Time) {
	time.Sleep(time.Until(t))
}

// Earliest is the instant the virtual clock starts from in a new process; no
// simulation can begin before it.
var Earliest = time.Date(2009, time.November, 10, 23, 0, 0, 0, time.UTC)

// Latest is the instant that a simulation can reach: the runtime counts nanoseconds in 64
// bits, until 2262-04-11, and components look some months ahead.
var Latest = time.Date(2262, time.January, 1, 0, 0, 0, 0, time.UTC)

// Jump is JumpTo that ends early, with the context's error, when ctx is done.
func Jump(ctx context.Context, t time.Time) error {
	wait := time.Until(t)
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
