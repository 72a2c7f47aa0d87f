package report

import (
	"time"

	"simk.dev/simk/sim/history"
)

// Stay is when a pod waited and ran, as all figures of a report count it: it
// waits from Created to Bound, or to Over where it was never bound, and takes its
// requests from Bound to Over. Instants are within the run, history.Never until
// they come.
type Stay struct {
	Created, Bound, Over time.Duration
	// Failed says that it finished by itself and did not succeed.
	Failed bool
}

// Stays returns those of all pods, in the order of h.Pods.
func Stays(h *history.History) []Stay {
	stays := make([]Stay, 0, len(h.Pods))
	for _, l := range livesOf(h) {
		stays = append(stays, Stay{Created: l.created, Bound: l.bound, Over: l.over(), Failed: l.failed})
	}
	return stays
}

// Requested is how much a pod with such requests takes of a resource, in the history's unit:
// one of "pods".
func Requested(requests history.Resources, resource string) int64 {
	if resource == pods {
		return 1
	}
	return requests[resource]
}
