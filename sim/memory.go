package sim

import (
	"runtime"
	"runtime/debug"
)

const (
	// gcPercent lets the heap grow to several times what is alive before it is
	// collected: on one processor every collection stops the simulation's work.
	// The runtime's own default is 100.
	gcPercent = 200
	// heapFloor is how much more it may grow, and so the heap below which no
	// collection is worth its time, in bytes.
	heapFloor = 600 << 20
)

// ballast counts as alive and so raises the size at which the heap is
// collected. Nothing is ever written to it: it takes no memory.
var ballast []byte

// tuneMemory makes collections rare. It starts with one, which creates the
// collector's goroutine: done in the middle of a run, that would let others go first.
func tuneMemory() {
	ballast = make([]byte, heapFloor/(1+gcPercent/100))
	debug.SetGCPercent(gcPercent)
	runtime.GC()
	runtime.KeepAlive(ballast) // says to linters too that being there is its use
}
