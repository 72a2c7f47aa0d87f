package scheduler

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	fwk "k8s.io/kube-scheduler/framework"
	upstream "k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// observe lets somebody hear of attempts. The scheduler's own failure handler and
// frameworks go on doing all the work.
func observe(s *upstream.Scheduler, to Attempts, scores bool) {
	handle := s.FailureHandler
	s.FailureHandler = func(ctx context.Context, f framework.Framework, pod *framework.QueuedPodInfo, status *fwk.Status,
		nominating *fwk.NominatingInfo, start time.Time) {
		to.Failed(failureOf(f, pod.Pod, status, nominating))
		if scored, ok := f.(*scoredFramework); ok {
			scored.take(pod.Pod.UID)
		}
		handle(ctx, f, pod, status, nominating, start)
	}
	if !scores {
		return
	}
	for name, f := range s.Profiles {
		s.Profiles[name] = &scoredFramework{Framework: f, to: to, scores: map[types.UID][]fwk.NodePluginScores{}}
	}
}
