package volumes

import (
	"context"
	"slices"
	"testing"
	"time"
)

// Tasks are done in the order of instants, then of asking; one that waits is not added again.
func TestQueue(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	q := newQueue()
	var done []string
	go func() {
		for _, e := range []struct {
			key   string
			delay time.Duration
		}{{"later", 2 * time.Second}, {"first", time.Second}, {"second", time.Second}, {"first", 0}, {"again", 3 * time.Second}} {
			q.add(ctx, task{claimTask, e.key}, e.delay)
		}
	}()
	q.serve(ctx, func(_ context.Context, t task) time.Duration {
		done = append(done, t.key)
		if len(done) == 4 {
			return time.Second
		}
		if len(done) == 5 {
			cancel()
		}
		return -1
	})
	if want := []string{"first", "second", "later", "again", "again"}; !slices.Equal(done, want) {
		t.Errorf("done %v, want %v", done, want)
	}
}
