//go:build faketime && simk

package clock

import (
	"time"
	_ "unsafe" // for go:linkname
)

// Seed starts the runtime's own random choices anew: the order of maps and of
// select, and unseeded math/rand. What was drawn before, which depends on how
// the program was called, then makes no difference.
func Seed(n int64) { reseed(uint64(n)) }

// reseed is added to the runtime by the overlay.
//
//go:linkname reseed runtime.faketimeReseed
func reseed(n uint64)

// nextTimer is when the earliest timer of the process is due, if no goroutine sets another
// before: far in the future where there is none.
func nextTimer() time.Time { return time.Unix(0, timeSleepUntil()) }

// timeSleepUntil tells the runtime how long it may sleep, in nanoseconds of its clock.
//
//go:linkname timeSleepUntil runtime.timeSleepUntil
func timeSleepUntil() int64

// advance moves the clock on by d, which ends before the next timer is due. Who can run
// already finds that the time has passed, whereas a sleep would let them run first.
func advance(d time.Duration) { faketime += int64(d) }

// faketime is the runtime's clock, in nanoseconds since 1970.
//
//go:linkname faketime runtime.faketime
var faketime int64
