package replay

import (
	"context"
	"time"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/recorder"
)

const (
	// quiescentAfter is how long nothing may be written until a run without an end is
	// over: longer than any component waits before it tries again (a failing
	// Job's longest back-off is 10 minutes, an unschedulable pod is retried
	// after 5).
	quiescentAfter = 11 * time.Minute
	// quiescenceLimit ends a run that never gets there, say one with a CronJob or with
	// a pod that crashes for ever.
	quiescenceLimit = 24 * time.Hour
)

// runToQuiescence lets time pass until nothing changes any more, and returns the offset of the
// last change. What will happen by itself is waited for, if it does so within the limit: a pod
// that ends, a machine that comes, a node that an autoscaler takes away, a CronJob's next Job, a
// deadline, a TTL.
func (r *Replay) runToQuiescence(ctx context.Context) (time.Duration, error) {
	limit := time.Now().Add(quiescenceLimit)
	for {
		last := r.config.ControlPlane.LastWrite()
		next := last.Add(quiescentAfter)
		for _, nextStep := range r.config.NextSteps {
			// What is due after the limit would only make the run that long.
			if step, waits := nextStep(); waits && step.After(next) && !step.After(limit) {
				next = step
			}
		}
		if now := time.Now(); !next.After(now) {
			return max(last.Sub(r.config.Zero).Truncate(recorder.Resolution), 0), nil
		} else if !now.Before(limit) {
			return r.config.Recorder.Now(), nil
		}
		if next.After(limit) {
			next = limit
		}
		if soon := time.Now().Add(StepEvery); r.config.Watched && soon.Before(next) {
			next = soon
		}
		if err := clock.Jump(ctx, next); err != nil {
			return r.config.Recorder.Now(), err
		}
		clock.Settle()
		r.step()
	}
}
