package clock

import (
	"sync"
	"time"
)

// Hold stops virtual time, but for some nanoseconds, until done is closed: for a call to
// somebody outside, over which time would jump. Goroutines run and sockets are served
// meanwhile. It gives up after limit of real time and tells whether done was closed.
//
// Any number of goroutines may hold time. Who is called may ask something of this
// process meanwhile: see Asked.
func Hold(done <-chan struct{}, limit time.Duration) bool {
	if !Virtual {
		select {
		case <-done:
			return true
		case <-time.After(limit):
			return false
		}
	}
	expired := holds.join(Wall().Add(limit))
	defer holds.leave(expired)
	select {
	case <-done:
		return true
	case <-expired:
	}
	select {
	case <-done: // both at once
		return true
	default:
		return false
	}
}

// holds are the calls for which time stands still. One goroutine waits in the kernel for
// all of them: while one of two waited there, what the other's answer set going could
// not run.
var holds = holders{ends: map[chan struct{}]time.Time{}, joined: make(chan struct{}, 1)}

type holders struct {
	mu sync.Mutex
	// ends says until when each is to wait, in real time, by the channel that is closed then.
	ends map[chan struct{}]time.Time
	// over is closed when none is left. Nil: none has been.
	over chan struct{}
	// running says that the goroutine is there, and joined tells it of another call.
	running bool
	joined  chan struct{}
}

func (h *holders) join(end time.Time) (expired chan struct{}) {
	expired = make(chan struct{})
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.ends) == 0 {
		h.over = make(chan struct{})
	}
	h.ends[expired] = end
	if !h.running {
		h.running = true
		go h.run()
	}
	select {
	case h.joined <- struct{}{}:
	default:
	}
	return expired
}

func (h *holders) leave(expired chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forget(expired)
}

// forget is called with the lock.
func (h *holders) forget(expired chan struct{}) {
	if _, ok := h.ends[expired]; !ok {
		return
	}
	if delete(h.ends, expired); len(h.ends) == 0 {
		close(h.over)
	}
}

// left returns what is closed when nobody holds time any more; nil if nobody does.
func (h *holders) left() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.ends) == 0 {
		return nil
	}
	return h.over
}

// run holds time until nobody wants that any more.
func (h *holders) run() {
	Settle() // what can be done without waiting for a socket is done
	for {
		next, ok := h.next()
		if !ok {
			return
		}
		wait := min(next, WallSlice)
		if AwaitSockets(wait) || askedInHold.Load() == 0 {
			Settle() // those whose sockets are ready go first
			continue
		}
		h.pass(wait)
	}
}

// pass lets d pass, or less if somebody else wants time to stand still.
func (h *holders) pass(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h.joined:
	}
}

// next tells those whose time is up, and returns how long the next one has; false when
// there is none and run ends.
func (h *holders) next() (left time.Duration, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := Wall()
	for expired, end := range h.ends {
		if !end.After(now) {
			close(expired)
			h.forget(expired)
		} else if rest := end.Sub(now); !ok || rest < left {
			left, ok = rest, true
		}
	}
	h.running = ok
	return left, ok
}
