//go:build !faketime

package clock

import "time"

// Virtual says that this binary runs on the virtual clock.
const Virtual = false

// Wall returns the real time.
func Wall() time.Time { return time.Now() }

// WallSleep waits for d.
func WallSleep(d time.Duration) { time.Sleep(d) }

// Seed does nothing: the runtime seeds itself.
func Seed(int64) {}
