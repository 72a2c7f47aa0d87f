package scheduler

import (
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// holdable makes the scheduler wait for holders after it has taken up a pod and
// before it looks at the cluster.
func (s *Scheduler) holdable(stopped <-chan struct{}) {
	next := s.upstream.NextEntity
	s.upstream.NextEntity = func(l klog.Logger) (framework.QueuedEntityInfo, error) {
		entity, err := next(l)
		s.hold.wait(stopped)
		return entity, err
	}
}
