//go:build !faketime

package clock

import "time"

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

// nextTimer is not asked for: nothing paces wall-clock time.
func nextTimer() time.Time { return time.Time{} }
