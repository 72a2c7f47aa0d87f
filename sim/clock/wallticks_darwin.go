//go:build faketime && simk

package clock

import (
	"context"
	"time"
)

// WallTicks ticks each d of real time until ctx ends, but not while virtual time stands
// still: macOS has no timer that the runtime would poll. A tick that nobody takes is dropped.
func WallTicks(ctx context.Context, d time.Duration) (<-chan struct{}, error) {
	ticks, tick := newTicks()
	go func() {
		ticker := time.NewTicker(min(d, time.Second))
		defer ticker.Stop()
		for next := Wall().Add(d); ; {
			select {
			case <-ticker.C:
				if now := Wall(); !now.Before(next) {
					next = now.Add(d)
					tick()
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return ticks, nil
}
