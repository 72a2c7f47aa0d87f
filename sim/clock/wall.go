//go:build !faketime

package clock

import "time"

// Virtual says that this binary runs on the virtual clock.
const Virtual = false

// Wall returns the real time.
func Wall() time.Time { return time.Now() }

func wallSleep(d time.Duration) { time.Sleep(d) }
