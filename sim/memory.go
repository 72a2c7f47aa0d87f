package sim

import (
	"runtime"
	"runtime/debug"

	"simk.dev/simk/sim/limits"
)

// collect says when memory is collected.
type collect struct {
	// percent is how much the heap may grow beyond what is alive. The runtime's own
	// default is 100.
	percent int
	// floor is how much more it may grow, and so the heap below which no collection is
	// worth its time, in bytes.
	floor int
}

var (
	// A replay's heap may grow to several times what is alive: on one processor every
	// collection stops the simulation's work.
	collectReplay = collect{percent: 200, floor: 600 << 20}
	// A cluster that somebody works with is there for hours beside other programs, and
	// mostly waits for them.
	collectUp = collect{percent: 100, floor: 400 << 20}
)

const (
	// scarce is a limit on memory below which the limit itself says when to collect, in bytes.
	scarce = 2 << 30
	// scarcePercent is the percentage then: high, so that all memory there is gets used.
	scarcePercent = 1000
)

// ballast counts as alive and so raises the size at which the heap is
// collected. Nothing is ever written to it: it takes no memory.
var ballast []byte

// tuneMemory makes collections as rare as memory allows, or says that there is too little for
// a run. It starts with one, which creates the collector's goroutine: done in the middle of a
// run, that would let others go first.
func tuneMemory(c collect) error {
	percent := scarcePercent
	if limits.Plenty(scarce) {
		percent = c.percent
		ballast = make([]byte, c.floor/(1+c.percent/100))
	}
	if err := limits.ForRun(int64(len(ballast))); err != nil {
		return err
	}
	debug.SetGCPercent(percent)
	runtime.GC()
	runtime.KeepAlive(ballast) // says to linters too that being there is its use
	return nil
}
