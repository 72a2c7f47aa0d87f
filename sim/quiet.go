package sim

import (
	"context"
	"time"

	"simk.dev/simk/sim/clock"
)

const (
	// quietFor is how long nothing may be written until a run without an end is
	// over: longer than any component waits before it tries again (a failing
	// Job's longest back-off is 10 minutes, an unschedulable pod is retried
	// after 5).
	quietFor = 11 * time.Minute
	// quietLimit ends a run that never gets quiet, say one with a CronJob.
	quietLimit = 24 * time.Hour
)

// quiet is what runUntilQuiet asks about.
type quiet interface {
	// LastWrite is when the apiserver last accepted a change.
	LastWrite() time.Time
}

// runUntilQuiet lets time pass until nothing changes any more, and returns the
// offset of the last change. Pods that will end, at whatever time, are waited for.
func (r *replay) runUntilQuiet(ctx context.Context) (time.Duration, error) {
	lastEvent := time.Now()
	for {
		next, waits := r.applier.pool.NextStep()
		quietAt := r.quiet.LastWrite().Add(quietFor)
		if !waits || next.Before(quietAt) {
			next = quietAt
		}
		now := time.Now()
		if !waits && !quietAt.After(now) {
			return max(r.quiet.LastWrite().Sub(r.start).Truncate(resolution), 0), nil
		}
		if limit := lastEvent.Add(quietLimit); next.After(limit) && !waits {
			next = limit
		}
		if err := clock.Jump(ctx, next); err != nil {
			return r.recorder.now(), err
		}
		clock.Settle()
		r.report("replay", 0)
		if time.Since(lastEvent) >= quietLimit && !waits {
			return r.recorder.now(), nil
		}
	}
}
