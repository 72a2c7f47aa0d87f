package controlplane

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"simk.dev/simk/sim/limits"
)

// stuckAfter is how many requests may be made at one virtual instant before the
// run counts as stuck: components that answer each other without ever waiting
// hold time still for ever. A burst makes some five requests for each pod
// between two instants.
const stuckAfter = 1_000_000

// StuckError says that virtual time stopped, and what was going on.
type StuckError struct {
	At       time.Time
	Requests []string // the most frequent last ones
}

func (e *StuckError) Error() string {
	return fmt.Sprintf("time stands still at %s: %d requests were made at that instant, most often %s",
		e.At.UTC().Format(time.RFC3339), stuckAfter, strings.Join(e.Requests, "; "))
}

// progress notices a run that is stuck, or whose components do not hear of changes.
type progress struct {
	mu       sync.Mutex
	instant  time.Time
	requests int
	// counts of the last tenth of the requests, by method and resource
	counts map[string]int
	// failed receives the first error.
	failed chan error
}

func newProgress() *progress { return &progress{failed: make(chan error, 1)} }

// fail ends the run with an error; the first counts.
func (p *progress) fail(err error) {
	select {
	case p.failed <- err:
	default:
	}
}

// note counts a request, and looks whether there is memory for it.
func (p *progress) note(req *http.Request) {
	if err := limits.Short(); err != nil {
		p.fail(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); !now.Equal(p.instant) {
		p.instant, p.requests, p.counts = now, 0, nil
	}
	p.requests++
	if p.requests < stuckAfter*9/10 || p.requests > stuckAfter {
		return
	}
	if p.counts == nil {
		p.counts = map[string]int{}
	}
	p.counts[req.Method+" "+req.URL.Path]++
	if p.requests == stuckAfter {
		p.fail(&StuckError{At: p.instant, Requests: most(p.counts, 3)})
	}
}

// most returns the n most frequent keys, each with its count.
func most(counts map[string]int, n int) []string {
	keys := make([]string, 0, len(counts))
	for key := range counts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	keys = keys[:min(n, len(keys))]
	for i, key := range keys {
		keys[i] = fmt.Sprintf("%s (%d times)", key, counts[key])
	}
	return keys
}
