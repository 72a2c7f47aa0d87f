//go:build !faketime

package clock

import (
	"context"
	"time"
)

// Virtual says that this binary runs on the virtual clock.
const Virtual = false

// Wall returns the real time.
func Wall() time.Time { return time.Now() }

// WallSleep waits for d.
func WallSleep(d time.Duration) { time.Sleep(d) }

// AwaitSockets waits for d: in wall-clock time sockets need nobody's help.
func AwaitSockets(d time.Duration) bool {
	time.Sleep(d)
	return false
}

// Seed does nothing: the runtime seeds itself.
func Seed(int64) {}

// WallTicks ticks each d until ctx ends. A tick that nobody takes is dropped.
func WallTicks(ctx context.Context, d time.Duration) (<-chan struct{}, error) {
	ticks, tick := newTicks()
	go func() {
		ticker := time.NewTicker(d)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				tick()
			case <-ctx.Done():
				return
			}
		}
	}()
	return ticks, nil
}

// nextTimer is not asked for: nothing paces wall-clock time.
func nextTimer() time.Time { return time.Time{} }

// advance is not asked for, either.
func advance(time.Duration) {}
