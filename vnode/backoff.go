package vnode

import (
	"time"

	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/kubernetes/pkg/features"
)

// A kubelet's crash-loop back-off (upstream: pkg/kubelet, newCrashLoopBackOff): a
// container that ends is restarted at once the first time; from then on the wait after an
// end doubles from 10 s to 5 min, and is forgotten when a run lasts longer than ten minutes.
// With the feature gate ReduceDefaultCrashLoopBackOffDecay it is from 1 s to 1 min.
const (
	backOffInitial        = 10 * time.Second
	backOffMax            = 5 * time.Minute
	reducedBackOffInitial = time.Second
	reducedBackOffMax     = time.Minute
	backOffForgotten      = 10 * time.Minute
)

type backOff struct {
	wait time.Duration // after the next end; 0: none yet
	last time.Time     // when wait was last raised
}

// next returns how long after its end at instant ended the container waits.
func (b *backOff) next(ended time.Time) time.Duration {
	first, most := backOffInitial, backOffMax
	if utilfeature.DefaultFeatureGate.Enabled(features.ReduceDefaultCrashLoopBackOffDecay) {
		first, most = reducedBackOffInitial, reducedBackOffMax
	}
	if b.wait == 0 || ended.Sub(b.last) > backOffForgotten {
		b.wait, b.last = first, ended
		return 0
	}
	wait := b.wait
	b.wait, b.last = min(2*b.wait, most), ended.Add(wait)
	return wait
}
