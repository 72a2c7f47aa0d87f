package clusterautoscaler

import (
	"fmt"
	"time"

	"simk.dev/simk/autoscale"
)

// backoff keeps a group that failed from being asked again.
type backoff struct {
	failed, until time.Time
	duration      time.Duration
	code, message string
}

func (s *groupState) backedOff(now time.Time) bool {
	return s.backoff != nil && now.Before(s.backoff.until)
}

// backOff keeps the group from growing for a while: longer if it failed before and had
// its chance since. A later success does not forget it; time does.
func (a *Autoscaler) backOff(s *groupState, now time.Time, code, message string) {
	duration := a.options.backoff.initial
	if b := s.backoff; b != nil {
		if duration = b.duration; !now.Before(b.until) {
			duration = min(2*duration, a.options.backoff.max)
		}
	}
	s.backoff = &backoff{failed: now, until: now.Add(duration), duration: duration, code: code, message: message}
	a.dueAt(s.backoff.until)
	reason := fmt.Sprintf("%s; the group backs off for %v", message, duration)
	a.record(autoscale.Decision{Kind: autoscale.Failed, Group: s.Name(), Reason: reason})
}

// forgetBackoff drops a back-off whose failure is node-group-backoff-reset-timeout ago.
func (a *Autoscaler) forgetBackoff(s *groupState, now time.Time) {
	b := s.backoff
	switch {
	case b == nil:
	case !now.Before(b.failed.Add(a.options.backoff.reset)):
		s.backoff = nil
	case now.Before(b.until):
		a.dueAt(b.until)
	}
}
