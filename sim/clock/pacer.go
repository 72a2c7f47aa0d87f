package clock

import (
	"context"
	"time"
)

// How often, in wall time, a pacer compares the two clocks. A process that talks
// to others over sockets is deaf in between.
const (
	pacerStep = 10 * time.Millisecond
	liveStep  = time.Millisecond
)

// Live makes virtual time the real time, and keeps it so until ctx ends: for
// commands that deal with a real cluster or another process. Without it a process
// that only waits for a socket has nothing to wait for on the virtual clock, and
// the runtime ends it as deadlocked.
func Live(ctx context.Context) {
	if !Virtual {
		return
	}
	JumpTo(Wall())
	go pace(ctx, 1, liveStep)
}

// Pace holds virtual time back to speed virtual seconds per wall second until
// ctx ends: it wakes at short virtual intervals and stops the process while
// virtual time is ahead. It never speeds anything up. In wall-clock time it
// returns at once.
func Pace(ctx context.Context, speed float64) {
	if Virtual {
		pace(ctx, speed, pacerStep)
	}
}

func pace(ctx context.Context, speed float64, every time.Duration) {
	step := max(time.Duration(float64(every)*speed), 1)
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
