package sim

import (
	"context"
	"time"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/recorder"
)

const (
	// quietFor is how long nothing may be written until a run without an end is
	// over: longer than any component waits before it tries again (a failing
	// Job's longest back-off is 10 minutes, an unschedulable pod is retried
	// after 5).
	quietFor = 11 * time.Minute
	// quietLimit ends a run that never gets quiet, say one with a CronJob or with
	// a pod that crashes for ever.
	quietLimit = 24 * time.Hour
)

// quiet is what runUntilQuiet asks about.
type quiet interface {
	// LastWrite is when the apiserver last accepted a change.
	LastWrite() time.Time
}

// runUntilQuiet lets time pass until nothing changes any more, and returns the
// offset of the last change. What will
// happen by itself is waited for, if it does so within the limit: a pod that ends, a machine that
// comes, a node that an autoscaler takes away, a CronJob's next Job, a deadline, a TTL.
func (r *replay) runUntilQuiet(ctx context.Context) (time.Duration, error) {
	limit := time.Now().Add(quietLimit)
	for {
		next := r.quiet.LastWrite().Add(quietFor)
		for _, nextStep := range r.steps {
			// What is due after the limit would only make the run that long.
			if step, waits := nextStep(); waits && step.After(next) && !step.After(limit) {
				next = step
			}
		}
		if now := time.Now(); !next.After(now) {
			return max(r.quiet.LastWrite().Sub(r.zero).Truncate(recorder.Resolution), 0), nil
		} else if !now.Before(limit) {
			return r.recorder.Now(), nil
		}
		if next.After(limit) {
			next = limit
		}
		if soon := time.Now().Add(reportEvery); r.options.Watch != nil && soon.Before(next) {
			next = soon // who looks wants to see time pass
		}
		if err := clock.Jump(ctx, next); err != nil {
			return r.recorder.Now(), err
		}
		clock.Settle()
		r.report("replay", 0)
	}
}
