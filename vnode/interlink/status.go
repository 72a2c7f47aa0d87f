package interlink

import (
	"cmp"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"simk.dev/simk/vnode/internal/podstatus"
)

// jobAnnotation names what the pod is on the other machine.
const jobAnnotation = "JobID"

// Bounds of what a plugin says, in bytes.
const (
	maxReason  = 256
	maxMessage = 1024
)

// take makes what the plugin reports the pod's status, and says whether the pod is over:
// all its main containers have ended, or an init container has failed.
func take(pod *corev1.Pod, reported *PodStatus, now time.Time) (over bool) {
	s := &pod.Status
	waiting := "ContainerCreating"
	if len(pod.Spec.InitContainers) > 0 {
		waiting = "PodInitializing"
	}
	s.InitContainerStatuses = statuses(pod.Spec.InitContainers, s.InitContainerStatuses, reported.InitContainers, waiting, now)
	for i := range s.InitContainerStatuses {
		c := &s.InitContainerStatuses[i]
		c.Ready = c.State.Terminated != nil && c.State.Terminated.ExitCode == 0 || c.State.Running != nil && c.Ready
	}
	s.ContainerStatuses = statuses(pod.Spec.Containers, s.ContainerStatuses, reported.Containers, waiting, now)
	setJob(pod, reported.JobID)
	s.Reason, s.Message = "", ""
	failed := slices.ContainsFunc(s.InitContainerStatuses, func(c corev1.ContainerStatus) bool {
		return c.State.Terminated != nil && c.State.Terminated.ExitCode != 0
	})
	over = failed || !slices.ContainsFunc(s.ContainerStatuses, func(c corev1.ContainerStatus) bool { return c.State.Terminated == nil })
	s.Phase = podstatus.Phase(pod)
	if over {
		s.Phase = podstatus.LastPhase(pod)
	}
	podstatus.SetConditions(pod, true)
	return over
}

// setJob notes what the pod is called there. Empty: nothing is said.
func setJob(pod *corev1.Pod, job string) {
	if job == "" {
		return
	}
	if pod.Annotations == nil {
		pod.Annotations = map[string]string{}
	}
	pod.Annotations[jobAnnotation] = clip(job, maxReason)
}

// statuses are those of the containers that a pod has, by what was reported of them; else as
// they were before.
func statuses(
	specs []corev1.Container, before, reported []corev1.ContainerStatus, waiting string, now time.Time,
) (all []corev1.ContainerStatus) {
	find := func(in []corev1.ContainerStatus, name string) *corev1.ContainerStatus {
		if i := slices.IndexFunc(in, func(c corev1.ContainerStatus) bool { return c.Name == name }); i >= 0 {
			return &in[i]
		}
		return nil
	}
	for i := range specs {
		c := &specs[i]
		old := find(before, c.Name)
		if old == nil {
			no := false
			old = &corev1.ContainerStatus{Name: c.Name, Image: c.Image, Started: &no,
				State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: waiting}}}
		}
		next := *old.DeepCopy()
		if r := find(reported, c.Name); r != nil {
			update(&next, r, now)
		}
		all = append(all, next)
	}
	return all
}

// update changes a container's status to what was reported. One that has ended runs again only
// if it was restarted.
func update(c, r *corev1.ContainerStatus, now time.Time) {
	restarted := r.RestartCount > c.RestartCount
	if c.State.Terminated != nil && !restarted {
		return
	}
	started := metav1.NewTime(now)
	if c.State.Running != nil && !restarted {
		started = c.State.Running.StartedAt
	}
	if restarted && c.State.Terminated != nil {
		c.LastTerminationState = c.State
	}
	if t := r.LastTerminationState.Terminated; t != nil {
		c.LastTerminationState.Terminated = terminated(t, started, now)
	}
	c.RestartCount = max(c.RestartCount, r.RestartCount)
	switch s := &r.State; {
	case s.Terminated != nil:
		c.State = corev1.ContainerState{Terminated: terminated(s.Terminated, started, now)}
	case s.Running != nil:
		if !s.Running.StartedAt.IsZero() {
			started = s.Running.StartedAt
		}
		c.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: started}}
	case s.Waiting != nil && (c.State.Running == nil || restarted || s.Waiting.Reason != ""):
		c.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{
			Reason: cmp.Or(clip(s.Waiting.Reason, maxReason), "ContainerCreating"), Message: clip(s.Waiting.Message, maxMessage),
		}}
	}
	up := c.State.Running != nil
	c.Started, c.Ready = &up, up && r.Ready
}

func terminated(t *corev1.ContainerStateTerminated, started metav1.Time, now time.Time) *corev1.ContainerStateTerminated {
	reason := "Error"
	if t.ExitCode == 0 {
		reason = "Completed"
	}
	next := &corev1.ContainerStateTerminated{
		ExitCode: t.ExitCode, Signal: t.Signal, StartedAt: t.StartedAt, FinishedAt: t.FinishedAt,
		Reason: cmp.Or(clip(t.Reason, maxReason), reason), Message: clip(t.Message, maxMessage),
	}
	if next.StartedAt.IsZero() {
		next.StartedAt = started
	}
	if next.FinishedAt.IsZero() {
		next.FinishedAt = metav1.NewTime(now)
	}
	return next
}

// exitDeleted is the exit code of a container that ran when its pod was deleted: plugins do not
// say how it ended.
const exitDeleted = 137

// deleted makes a pod one that the plugin has deleted: what had not ended was killed.
func deleted(pod *corev1.Pod, now time.Time) {
	end := func(specs []corev1.Container) (ended []corev1.ContainerStatus) {
		how := &corev1.ContainerStateTerminated{ExitCode: exitDeleted, Reason: "Deleted", Message: "the interLink plugin deleted the pod"}
		for i := range specs {
			ended = append(ended, corev1.ContainerStatus{Name: specs[i].Name, State: corev1.ContainerState{Terminated: how}})
		}
		return ended
	}
	take(pod, &PodStatus{InitContainers: end(pod.Spec.InitContainers), Containers: end(pod.Spec.Containers)}, now)
}
