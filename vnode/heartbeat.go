package vnode

import "time"

// renewalPeriod is how often a kubelet renews the lease of its node (upstream: a quarter of the
// 40 s for which it holds).
const renewalPeriod = 10 * time.Second

// nextRenewal is when a kubelet that started at an instant renews its lease next, at or after
// another. Instants count to the millisecond, as they do in a run's history.
func nextRenewal(began, now time.Time) time.Time {
	began, now = began.Truncate(time.Millisecond), now.Truncate(time.Millisecond)
	past := now.Sub(began) % renewalPeriod
	if past == 0 {
		return now
	}
	return now.Add(renewalPeriod - past)
}

// LastHeartbeat returns when the node last answered: now, while it works. ok
// is false for a node that is not of this pool.
//
// Nobody can tell that a node has failed before its lease is not renewed: until then one that
// failed seems to work.
func (p *Pool) LastHeartbeat(name string) (t time.Time, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.nodes[name]
	if n == nil {
		return time.Time{}, false
	}
	if now := time.Now(); !n.failed && !n.mute || now.Before(n.silent) {
		return now, true
	}
	return n.silent, true
}
