package clock

import (
	"context"
	"time"
)

// pacerStep is how often, in wall time, a pacer compares the two clocks.
const pacerStep = 10 * time.Millisecond

// Pace holds virtual time back to speed virtual seconds per wall second until
// ctx ends: it wakes at short virtual intervals and stops the process while
// virtual time is ahead. It never speeds anything up. In wall-clock time it
// returns at once.
func Pace(ctx context.Context, speed float64) {
	if !Virtual {
		return
	}
	step := max(time.Duration(float64(pacerStep)*speed), 1)
	ticker := time.NewTicker(step)
	defer ticker.Stop()
	virtual, wall := time.Now(), Wall()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		due := wall.Add(time.Duration(float64(time.Since(virtual)) / speed))
		if ahead := due.Sub(Wall()); ahead > 0 {
			WallSleep(ahead)
		}
	}
}
