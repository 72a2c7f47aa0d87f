package clock

import "sync/atomic"

// asked counts the answers for which somebody outside waits: all of them, and those asked
// for while time was held.
var asked, askedInHold atomic.Int64

// Asked says that somebody outside waits for an answer, until what it returns is called.
// Where time stands still, because it is held or paused, most answers need none; but
// some of upstream's code waits a moment before it says no. For such an answer time
// passes as real time does: it would never come otherwise, and who holds time may be
// waiting for it.
//
// What was asked before time was held does not count then: it is that which holds time.
func Asked() (answered func()) {
	if !Virtual {
		return func() {}
	}
	counts := []*atomic.Int64{&asked}
	if holds.left() != nil {
		counts = append(counts, &askedInHold)
	}
	for _, count := range counts {
		count.Add(1)
	}
	return func() {
		for _, count := range counts {
			count.Add(-1)
		}
	}
}
