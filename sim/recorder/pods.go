package recorder

import (
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"simk.dev/simk/scheduler"
	"simk.dev/simk/sim/history"
)

func (r *Recorder) pod(p *corev1.Pod) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.Now()
	h := r.pods[p.UID]
	if h == nil {
		h = &history.Pod{
			Namespace: p.Namespace, Name: p.Name, Owner: r.owner(p),
			Requests: r.share(requestsOf(p)),
			Created:  now, Bound: history.Never, Started: history.Never, Finished: history.Never, Deleted: history.Never,
			Phase: string(corev1.PodPending), Launch: r.early[p.UID],
		}
		if name := p.Spec.SchedulerName; r.schedulers != nil && !r.schedulers[name] {
			h.Reason = fmt.Sprintf("no scheduler runs under the name %s", name)
		}
		delete(r.early, p.UID)
		r.pods[p.UID] = h
		r.history.Pods = append(r.history.Pods, h)
		r.pending++
	} else {
		r.resizedPod(h, p, now)
	}
	r.placement(h, p, now)
	r.state(h, p, now)
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.DisruptionTarget && c.Status == corev1.ConditionTrue {
			h.Preempted = c.Reason == corev1.PodReasonPreemptionByScheduler
			h.Evicted = !h.Preempted
		}
	}
	if p.DeletionTimestamp != nil && h.Deleted == history.Never {
		h.Deleted = now
		if h.Bound == history.Never {
			r.pending--
		}
	}
}

// Launched notes that a node starts p as the n-th pod of its owner.
func (r *Recorder) Launched(p *corev1.Pod, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h := r.pods[p.UID]; h != nil {
		h.Launch = n
	} else {
		r.early[p.UID] = n
	}
}

// placement notes where a pod was bound, or why it could not be.
func (r *Recorder) placement(h *history.Pod, p *corev1.Pod, now time.Duration) {
	if h.Bound != history.Never {
		return
	}
	if p.Spec.NodeName != "" {
		h.Node, h.Bound, h.Reason, h.Message = p.Spec.NodeName, now, "", ""
		r.pending--
		r.running++
		return
	}
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			h.Message = c.Message
			h.Reason = scheduler.Reason(c.Message)
			if h.Reason == "" {
				h.Reason = c.Reason
			}
		}
	}
}

// state notes phases, exits and restarts. The phase of a pod that is being
// deleted is the one it was deleted in: how its containers react to the
// termination signal is no outcome of its work.
func (r *Recorder) state(h *history.Pod, p *corev1.Pod, now time.Duration) {
	ended := podutil.IsPodTerminal(p)
	if h.Started == history.Never && (p.Status.Phase == corev1.PodRunning || (ended && hasRun(p))) {
		h.Started = now
	}
	if h.Finished == history.Never && ended {
		h.Finished = now
		if p.Status.Phase == corev1.PodFailed {
			r.podFailed(h, p, now)
		}
		if h.Bound != history.Never {
			r.running--
			r.done++
		}
	}
	if h.Deleted == history.Never {
		h.Phase = string(p.Status.Phase)
	}
	h.Restarts = 0
	for i := range p.Status.ContainerStatuses {
		s := &p.Status.ContainerStatuses[i]
		h.Restarts += s.RestartCount
		if i > 0 || h.Deleted != history.Never {
			continue
		}
		exit := s.State.Terminated
		if exit == nil {
			exit = s.LastTerminationState.Terminated
		}
		if exit != nil {
			h.ExitCode, h.HasExit = exit.ExitCode, true
		}
	}
}

// hasRun says whether a container of the pod was ever started. One that was not
// counts as lost when the pod has failed.
func hasRun(p *corev1.Pod) bool {
	for i := range p.Status.ContainerStatuses {
		if t := p.Status.ContainerStatuses[i].State.Terminated; t != nil && !t.StartedAt.IsZero() {
			return true
		}
	}
	return false
}

func (r *Recorder) podGone(p *corev1.Pod) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.pods[p.UID]
	if h == nil {
		return
	}
	delete(r.pods, p.UID)
	if h.Deleted == history.Never {
		h.Deleted = r.Now()
		if h.Bound == history.Never {
			r.pending--
		}
	}
	if h.Bound != history.Never && h.Finished == history.Never {
		r.running--
		r.done++
	}
	r.forget()
}

// forget removes the first pods that are gone from the history when it holds twice as
// many as it has to keep.
func (r *Recorder) forget() {
	if r.gone++; r.keep == 0 || r.gone < 2*r.keep {
		return
	}
	there := make(map[*history.Pod]bool, len(r.pods))
	for _, h := range r.pods {
		there[h] = true
	}
	r.history.Pods = slices.DeleteFunc(r.history.Pods, func(h *history.Pod) bool {
		if there[h] || r.gone == r.keep {
			return false
		}
		r.gone--
		r.forgotten++
		return true
	})
}

// alikeMost bounds the amounts that are looked through for equal ones.
const alikeMost = 16

// share returns what equals a and some other pod has, if there is such a thing; else a.
// It takes some 250 bytes, half of what a pod in the history does.
func (r *Recorder) share(a history.Resources) history.Resources {
	for _, other := range r.alike {
		if maps.Equal(a, other) {
			return other
		}
	}
	if len(r.alike) == alikeMost {
		r.alike = slices.Delete(r.alike, 0, 1)
	}
	r.alike = append(r.alike, a)
	return a
}
