package vnode

import (
	"time"

	"k8s.io/client-go/util/workqueue"
)

// retryLimiter lets every key through at once and slows down only retries.
// virtual-kubelet's own limits are made for one real node: ten pods a second.
type retryLimiter struct {
	workqueue.TypedRateLimiter[any]
}

func newRetryLimiter() workqueue.TypedRateLimiter[any] {
	return &retryLimiter{workqueue.NewTypedItemExponentialFailureRateLimiter[any](5*time.Millisecond, 10*time.Second)}
}

// When implements workqueue.TypedRateLimiter.
func (l *retryLimiter) When(key any) time.Duration {
	wait := l.TypedRateLimiter.When(key)
	if l.NumRequeues(key) == 1 {
		return 0
	}
	return wait
}
