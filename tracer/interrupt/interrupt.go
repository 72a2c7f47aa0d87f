// Package interrupt lets long work on traces hear that the process is to end. In virtual
// time nothing takes the processor from a goroutine that is busy (docs/virtual-time.md), so that a
// signal is not even received while a large trace is read: whoever works long asks.
package interrupt

import "sync/atomic"

var listener atomic.Pointer[func() error]

// Listen sets what Check asks: it gives other goroutines a turn, and returns why the work is to
// end. Nil: nobody, as in a run, where a turn more would change the order of what happens.
func Listen(ask func() error) {
	if ask == nil {
		listener.Store(nil)
		return
	}
	listener.Store(&ask)
}

// Check returns why the work is to end; nil: it is not.
func Check() error {
	if ask := listener.Load(); ask != nil {
		return (*ask)()
	}
	return nil
}
