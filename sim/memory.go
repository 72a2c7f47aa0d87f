package sim

import "runtime/debug"

// gcPercent lets the heap grow to several times what is alive before it is
// collected: on one processor every collection stops the simulation's work.
// The runtime's own default is 100.
const gcPercent = 300

func tuneMemory() { debug.SetGCPercent(gcPercent) }
