package vnode

import "time"

// A kubelet's crash-loop back-off (upstream: pkg/kubelet, backOffPeriod and
// MaxContainerBackOff): a container that ends is restarted at once the first
// time; from then on the wait after an end doubles from 10 s to 5 min, and is
// forgotten when a run lasts twice the longest wait.
const (
	backOffInitial = 10 * time.Second
	backOffMax     = 5 * time.Minute
)

type backOff struct {
	wait time.Duration // after the next end; 0: none yet
	last time.Time     // when wait was last raised
}

// next returns how long after its end at instant ended the container waits.
func (b *backOff) next(ended time.Time) time.Duration {
	if b.wait == 0 || ended.Sub(b.last) > 2*backOffMax {
		b.wait, b.last = backOffInitial, ended
		return 0
	}
	wait := b.wait
	b.wait, b.last = min(2*b.wait, backOffMax), ended.Add(wait)
	return wait
}
