//go:build faketime && simk

package clock

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// WallTicks ticks each d of real time, whatever virtual time does meanwhile, until ctx
// ends. A tick that nobody takes is dropped; so are those of a time in which the process
// had no time for it. The kernel ticks, by a descriptor that the runtime polls as it does
// sockets: not for replays.
func WallTicks(ctx context.Context, d time.Duration) (<-chan struct{}, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a timer of real time: %w", err)
	}
	every := unix.NsecToTimespec(int64(d))
	if err := unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Interval: every, Value: every}, nil); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("set a timer of real time: %w", err)
	}
	timer := os.NewFile(uintptr(fd), "timer of real time")
	ticks, tick := newTicks()
	stop := context.AfterFunc(ctx, func() { _ = timer.Close() })
	go func() {
		defer stop()
		for b := make([]byte, 8); ; { // the kernel's answer is how often it has ticked
			if _, err := timer.Read(b); err != nil {
				return
			}
			tick()
		}
	}()
	return ticks, nil
}
