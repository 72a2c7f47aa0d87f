//go:build faketime && simk

package clock

import (
	"time"

	"golang.org/x/sys/unix"
)

// Virtual says that this binary runs on the virtual clock.
const Virtual = true

// Wall returns the real time. It asks the kernel, since time.Now is virtual.
func Wall() time.Time {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_REALTIME, &ts); err != nil {
		panic("clock_gettime: " + err.Error()) // cannot fail with these arguments
	}
	return time.Unix(ts.Unix())
}

// WallSleep stops the whole process, and so the virtual clock, for d of real
// time: a system call holds the only processor. It is for pacing and for tests
// that wait for another process.
func WallSleep(d time.Duration) {
	end := Wall().Add(d)
	for d > 0 {
		tv := unix.NsecToTimeval(int64(d))
		_, _ = unix.Select(0, nil, nil, nil, &tv) // a signal may cut it short
		d = end.Sub(Wall())
	}
}
