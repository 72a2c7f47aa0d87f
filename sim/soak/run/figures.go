package run

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// figures are what came out.
type figures struct {
	mu       sync.Mutex
	ended    map[ending]int
	watches  int
	scalings int
	slowest  time.Duration
	verbs    int
	failures map[kind]int
	first    []error // of the failures
}

// kind is what fails.
type kind string

const (
	clients    kind = "clients"
	scalings   kind = "scalings"
	verbs      kind = "verbs"
	goroutines kind = "goroutines"
)

var kinds = []kind{clients, scalings, verbs, goroutines}

// firstFailures is how many failures of each kind are told in full.
const firstFailures = 5

func newFigures() *figures { return &figures{ended: map[ending]int{}, failures: map[kind]int{}} }

func (r *figures) fail(k kind, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failures[k]++; r.failures[k] <= firstFailures {
		r.first = append(r.first, err)
	}
}

func (r *figures) visited(e ending, watches int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended[e]++
	r.watches += watches
}

func (r *figures) scaled(took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.scalings++
	r.slowest = max(r.slowest, took)
}

// failure is what went wrong; nil: nothing did.
func (r *figures) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.first...)
}

func (r *figures) print(out io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	visits := 0
	for _, e := range endings {
		visits += r.ended[e]
	}
	fmt.Fprintf(out, "visits      %d with %d watches:", visits, r.watches)
	for _, e := range endings {
		fmt.Fprintf(out, " %d %s", r.ended[e], e)
	}
	fmt.Fprintf(out, "\nscalings    %d, the slowest reached its pods in %.2f s\n", r.scalings, r.slowest.Seconds())
	fmt.Fprintf(out, "verbs       %d of all resources asked for\nfailures   ", r.verbs)
	for _, k := range kinds {
		fmt.Fprintf(out, " %d of %s", r.failures[k], k)
	}
	fmt.Fprintln(out)
}
