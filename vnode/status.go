package vnode

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// kubeletConditions are the pod conditions a kubelet owns; all others in a
// status are somebody else's and are kept.
var kubeletConditions = map[corev1.PodConditionType]bool{
	corev1.PodReadyToStartContainers: true,
	corev1.PodInitialized:            true,
	corev1.ContainersReady:           true,
	corev1.PodReady:                  true,
}

// report writes the pod's present state into its status and passes it on.
//
// virtual-kubelet compares what it is given with what it was given before, by
// reflection, and sends it to the apiserver, which takes nothing but metadata
// and status from it. So it is given no spec.
func (p *pod) report(now time.Time) {
	next := *p.api // what was passed on before is not ours to change
	p.api.Status.DeepCopyInto(&next.Status)
	p.api = &next
	s := &p.api.Status
	if s.StartTime == nil {
		t := metav1.NewTime(now)
		s.StartTime = &t
		s.HostIP = p.node.ip
		s.HostIPs = []corev1.HostIP{{IP: p.node.ip}}
	}
	if p.stage != stagePending && s.PodIP == "" {
		s.PodIP = p.node.ip
		if !p.api.Spec.HostNetwork {
			p.pool.pods++
			s.PodIP = podIP(p.pool.pods)
		}
		s.PodIPs = []corev1.PodIP{{IP: s.PodIP}}
	}
	s.ObservedGeneration = p.api.Generation
	s.Phase = p.phase()
	s.InitContainerStatuses = p.initStatuses(now)
	s.ContainerStatuses = p.mainStatuses()
	p.setConditions(metav1.NewTime(now))
	p.pool.notify(&corev1.Pod{ObjectMeta: p.api.ObjectMeta, Status: p.api.Status})
}

func (p *pod) phase() corev1.PodPhase {
	switch {
	case p.stage == stageDone && p.last != nil && p.last.ExitCode == 0:
		return corev1.PodSucceeded
	case p.stage == stageDone:
		return corev1.PodFailed
	case p.runs == 0:
		return corev1.PodPending
	default:
		return corev1.PodRunning
	}
}

func (p *pod) containerID() string { return fmt.Sprintf("simk://%d-%d", p.seq, p.runs) }

// mainStatuses are the statuses of the main containers, which all behave alike.
func (p *pod) mainStatuses() []corev1.ContainerStatus {
	statuses := make([]corev1.ContainerStatus, 0, len(p.api.Spec.Containers))
	for i := range p.api.Spec.Containers {
		c := &p.api.Spec.Containers[i]
		started := p.stage == stageRunning || p.stage == stageStopping
		s := corev1.ContainerStatus{
			Name: c.Name, Image: c.Image, ImageID: c.Image,
			RestartCount: max(p.runs-1, 0), Ready: p.ready, Started: &started,
		}
		if p.runs > 0 {
			s.ContainerID = p.containerID()
		}
		switch {
		case started:
			s.State.Running = &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(p.started)}
			s.LastTerminationState.Terminated = p.last
		case p.stage == stageDone:
			s.State.Terminated = p.last
		case p.stage == stageBackOff:
			s.State.Waiting = &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "back-off restarting failed container"}
			s.LastTerminationState.Terminated = p.last
		case p.stage == stageInit:
			s.State.Waiting = &corev1.ContainerStateWaiting{Reason: "PodInitializing"}
		default:
			s.State.Waiting = &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}
		}
		statuses = append(statuses, s)
	}
	return statuses
}

// initStatuses are the statuses of the init containers: those before initDone
// have completed (or, sidecars, run as long as the pod), the next one may run.
func (p *pod) initStatuses(now time.Time) []corev1.ContainerStatus {
	var statuses []corev1.ContainerStatus
	old := p.api.Status.InitContainerStatuses
	for i := range p.api.Spec.InitContainers {
		c := &p.api.Spec.InitContainers[i]
		s := corev1.ContainerStatus{Name: c.Name, Image: c.Image, ImageID: c.Image}
		done := i < p.initDone
		switch {
		case i < len(old) && old[i].State.Terminated != nil:
			s = old[i] // ended before: nothing about it changes
		case done && isSidecar(c) && p.stage != stageDone:
			up := true
			s.Ready, s.Started = true, &up
			s.State.Running = &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(p.api.Status.StartTime.Time)}
		case done:
			started := now
			if i < len(old) && old[i].State.Running != nil {
				started = old[i].State.Running.StartedAt.Time
			}
			s.Ready = true
			s.State.Terminated = &corev1.ContainerStateTerminated{
				Reason: "Completed", StartedAt: metav1.NewTime(started), FinishedAt: metav1.NewTime(now),
			}
		case i == p.initDone && p.stage == stageInit:
			s.State.Running = &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(p.started)}
		default:
			s.State.Waiting = &corev1.ContainerStateWaiting{Reason: "PodInitializing"}
		}
		statuses = append(statuses, s)
	}
	return statuses
}

// setConditions sets the conditions a kubelet owns.
func (p *pod) setConditions(now metav1.Time) {
	initialized := p.stage != stagePending && p.initDone == len(p.api.Spec.InitContainers)
	reason := ""
	if !p.ready {
		reason = "ContainersNotReady"
		if p.stage == stageDone && p.api.Status.Phase == corev1.PodSucceeded {
			reason = "PodCompleted"
		}
	}
	ready := p.ready && gatesPass(p.api)
	p.setCondition(corev1.PodReadyToStartContainers, p.stage != stagePending && p.stage != stageDone, "", now)
	p.setCondition(corev1.PodInitialized, initialized, "", now)
	p.setCondition(corev1.PodReady, ready, reason, now)
	p.setCondition(corev1.ContainersReady, p.ready, reason, now)
}

func gatesPass(p *corev1.Pod) bool {
	for _, gate := range p.Spec.ReadinessGates {
		pass := false
		for _, c := range p.Status.Conditions {
			pass = pass || (c.Type == gate.ConditionType && c.Status == corev1.ConditionTrue)
		}
		if !pass {
			return false
		}
	}
	return true
}

func (p *pod) setCondition(t corev1.PodConditionType, value bool, reason string, now metav1.Time) {
	status := corev1.ConditionFalse
	if value {
		status = corev1.ConditionTrue
	}
	conditions := p.api.Status.Conditions
	for i := range conditions {
		c := &conditions[i]
		if c.Type != t {
			continue
		}
		if c.Status != status {
			c.Status, c.LastTransitionTime = status, now
		}
		c.Reason, c.ObservedGeneration = reason, p.api.Generation
		return
	}
	p.api.Status.Conditions = append(conditions, corev1.PodCondition{
		Type: t, Status: status, Reason: reason, LastTransitionTime: now, ObservedGeneration: p.api.Generation,
	})
}
