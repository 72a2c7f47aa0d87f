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

// AwaitSockets stops the whole process for d of real time, or until a socket or
// pipe that a goroutine waits for is ready; then it returns true. The goroutine
// runs when the caller gives up the processor.
func AwaitSockets(d time.Duration) bool {
	d = max(d, 0)
	fd := pollerFD()
	if fd < 0 {
		WallSleep(d)
		return false
	}
	n, err := unix.Poll([]unix.PollFd{{Fd: fd, Events: unix.POLLIN}}, int((d + time.Millisecond - 1).Milliseconds()))
	return n > 0 || err != nil // a signal: somebody may wait for that too
}
