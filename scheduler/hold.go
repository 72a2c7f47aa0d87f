package scheduler

import "sync"

// hold keeps the scheduler from its next pod while somebody changes the cluster.
type hold struct {
	mu   sync.Mutex
	held int
	// free wakes the scheduler; it is made anew by each first holder.
	free chan struct{}
}

// Hold lets do run while no pod is taken up. Nodes that join at one instant are
// announced together in this way: the scheduler, whose work takes no virtual time,
// would else try all waiting pods again between any two of them, which no real
// scheduler is quick enough for.
func (s *Scheduler) Hold(do func()) {
	h := &s.hold
	h.mu.Lock()
	if h.held++; h.held == 1 {
		h.free = make(chan struct{})
	}
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.held--; h.held == 0 {
			close(h.free)
		}
	}()
	do()
}

// wait returns when nobody holds.
func (h *hold) wait(stopped <-chan struct{}) {
	for {
		h.mu.Lock()
		free, held := h.free, h.held > 0
		h.mu.Unlock()
		if !held {
			return
		}
		select {
		case <-free:
		case <-stopped:
			return
		}
	}
}
