package vnode

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// mainStatuses are the statuses of the main containers.
func (p *pod) mainStatuses() []corev1.ContainerStatus {
	statuses := make([]corev1.ContainerStatus, len(p.api.Spec.Containers))
	for _, g := range p.mains {
		for _, i := range g.members {
			statuses[i] = p.mainStatus(g, i)
		}
	}
	return statuses
}

func (p *pod) mainStatus(g *group, index int) corev1.ContainerStatus {
	c := &p.api.Spec.Containers[index]
	s := p.statusOf(c, &g.container, index)
	s.Ready = g.ready
	started := g.state == running
	s.Started = &started
	if s.State.Waiting != nil && s.State.Waiting.Reason == "" {
		s.State.Waiting.Reason = "ContainerCreating"
		if message, ok := p.missing[c.Name]; ok {
			s.State.Waiting.Reason, s.State.Waiting.Message = "CreateContainerConfigError", message
		} else if p.unpulled[c.Name] {
			s.State.Waiting.Reason, s.State.Waiting.Message = "ImagePullBackOff", unpulledMessage(c)
		} else if p.stage == stageInit || !p.initialized() {
			s.State.Waiting.Reason = "PodInitializing"
		}
	}
	p.setResources(&s, func(spec *corev1.PodSpec) *corev1.ResourceRequirements { return &spec.Containers[index].Resources })
	return s
}

func unpulledMessage(c *corev1.Container) string {
	return fmt.Sprintf("Back-off pulling image %q: ErrImagePull: not found", c.Image)
}

// initStatuses are the statuses of the init containers.
func (p *pod) initStatuses() []corev1.ContainerStatus {
	var statuses []corev1.ContainerStatus
	for i := range p.inits {
		c := &p.api.Spec.InitContainers[i]
		s := p.statusOf(c, &p.inits[i], len(p.api.Spec.Containers)+i)
		switch {
		case s.State.Running != nil && isSidecar(c):
			up := true
			s.Ready, s.Started = true, &up
		case s.State.Terminated != nil:
			s.Ready = s.State.Terminated.ExitCode == 0
		case s.State.Waiting != nil && s.State.Waiting.Reason == "" && p.unpulled[c.Name]:
			s.State.Waiting.Reason, s.State.Waiting.Message = "ImagePullBackOff", unpulledMessage(c)
		case s.State.Waiting != nil && s.State.Waiting.Reason == "":
			s.State.Waiting.Reason = "PodInitializing"
		}
		p.setResources(&s, func(spec *corev1.PodSpec) *corev1.ResourceRequirements { return &spec.InitContainers[i].Resources })
		statuses = append(statuses, s)
	}
	return statuses
}

// statusOf is what init and main containers have in common. Why a container waits
// that has not started is left to the caller.
func (p *pod) statusOf(spec *corev1.Container, c *container, index int) corev1.ContainerStatus {
	s := corev1.ContainerStatus{Name: spec.Name, Image: spec.Image, ImageID: spec.Image, RestartCount: max(c.runs-1, 0)}
	id := func(run int32) string { return fmt.Sprintf("simk://%d-%d-%d", p.seq, index, run) }
	if c.runs > 0 {
		s.ContainerID = id(c.runs)
	}
	var last *corev1.ContainerStateTerminated
	if c.last != nil {
		copied := *c.last
		last, s.LastTerminationState.Terminated = &copied, &copied
		last.ContainerID = s.ContainerID
	}
	switch {
	case c.state == running:
		s.State.Running = &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(c.started)}
		if last != nil {
			last.ContainerID = id(c.runs - 1)
		}
	case c.state == ended && last != nil:
		s.State.Terminated, s.LastTerminationState.Terminated = last, nil
	case c.state == backingOff:
		s.State.Waiting = &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "back-off restarting failed container"}
	default:
		s.State.Waiting = &corev1.ContainerStateWaiting{}
	}
	return s
}

// setResources tells what the node has set aside for a container: that is what a
// resize is judged by. Before the first one it is what the spec says, and only
// clients outside look at it.
func (p *pod) setResources(s *corev1.ContainerStatus, of func(*corev1.PodSpec) *corev1.ResourceRequirements) {
	if p.allocated == nil && !p.pool.config.Detailed {
		return
	}
	r := of(p.allocatedSpec())
	s.AllocatedResources, s.Resources = r.Requests, r
}

// ephemeralStatuses are the statuses of ephemeral containers: each runs from when
// it was seen to the end of the pod.
func (p *pod) ephemeralStatuses(now time.Time) []corev1.ContainerStatus {
	if len(p.api.Spec.EphemeralContainers) == 0 {
		return nil
	}
	var statuses []corev1.ContainerStatus
	for i := range p.api.Spec.EphemeralContainers {
		c := &p.api.Spec.EphemeralContainers[i]
		s := corev1.ContainerStatus{Name: c.Name, Image: c.Image, ImageID: c.Image}
		if old := p.api.Status.EphemeralContainerStatuses; i < len(old) {
			s = *old[i].DeepCopy()
		}
		switch {
		case p.stage == stageDone && s.State.Running != nil:
			s.State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
				ExitCode: exitKilled, Reason: "Error",
				StartedAt: s.State.Running.StartedAt, FinishedAt: metav1.NewTime(now), ContainerID: s.ContainerID,
			}}
		case p.stage == stagePending || p.stage == stageDone:
			if s.State.Terminated == nil {
				s.State.Waiting = &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}
			}
		case s.State.Running == nil && s.State.Terminated == nil:
			s.ContainerID = fmt.Sprintf("simk://%d-e%d", p.seq, i)
			s.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(now)}}
		}
		statuses = append(statuses, s)
	}
	return statuses
}
