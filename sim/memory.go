package sim

import (
	"runtime"
	"runtime/debug"

	"simk.dev/simk/sim/limits"
)

const (
	// gcPercent lets the heap grow to several times what is alive before it is
	// collected: on one processor every collection stops the simulation's work.
	// The runtime's own default is 100.
	gcPercent = 200
	// heapFloor is how much more it may grow, and so the heap below which no
	// collection is worth its time, in bytes.
	heapFloor = 600 << 20
	// scarce is a limit on memory below which the limit itself, not gcPercent and
	// heapFloor, says when to collect, in bytes.
	scarce = 2 << 30
	// scarcePercent is gcPercent then: high, so that all memory there is gets used.
	scarcePercent = 1000
)

// ballast counts as alive and so raises the size at which the heap is
// collected. Nothing is ever written to it: it takes no memory.
var ballast []byte

// tuneMemory makes collections as rare as memory allows, or says that there is too little for
// a run. It starts with one, which creates the collector's goroutine: done in the middle of a
// run, that would let others go first.
func tuneMemory() error {
	percent := scarcePercent
	if limits.Plenty(scarce) {
		percent = gcPercent
		ballast = make([]byte, heapFloor/(1+gcPercent/100))
	}
	if err := limits.ForRun(int64(len(ballast))); err != nil {
		return err
	}
	debug.SetGCPercent(percent)
	runtime.GC()
	runtime.KeepAlive(ballast) // says to linters too that being there is its use
	return nil
}
