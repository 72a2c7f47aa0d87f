//go:build faketime && simk

package clock

import (
	"time"
	_ "unsafe" // for go:linkname

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

// Seed starts the runtime's own random choices anew: the order of maps and of
// select, and unseeded math/rand. What was drawn before, which depends on how
// the program was called, then makes no difference.
func Seed(n int64) { reseed(uint64(n)) }

// reseed is added to the runtime by the overlay.
//
//go:linkname reseed runtime.faketimeReseed
func reseed(n uint64)
