package vnode

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
)

// kubeletConditions are the pod conditions a kubelet owns; all others in a
// status are somebody else's and are kept.
var kubeletConditions = map[corev1.PodConditionType]bool{
	corev1.PodReadyToStartContainers: true,
	corev1.PodInitialized:            true,
	corev1.ContainersReady:           true,
	corev1.PodReady:                  true,
	corev1.PodResizePending:          true,
	corev1.AllContainersRestarting:   true,
}

// report writes the pod's present state into its status and passes it on.
//
// virtual-kubelet compares what it is given with what it was given before, by
// reflection, and sends it to the apiserver, which takes nothing but metadata
// and status from it. So it is given no spec.
func (p *pod) report(now time.Time) {
	p.renew()
	s := &p.api.Status
	if s.StartTime == nil {
		s.StartTime = timePointer(now)
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
	if p.stage == stageDone {
		s.Reason, s.Message = p.ending.reason, p.ending.message
	}
	if !p.ending.rejected {
		s.InitContainerStatuses = p.initStatuses()
		s.ContainerStatuses = p.mainStatuses()
		s.EphemeralContainerStatuses = p.ephemeralStatuses(now)
	}
	p.setConditions(metav1.NewTime(now))
	p.pool.notify(&corev1.Pod{ObjectMeta: p.api.ObjectMeta, Status: p.api.Status})
}

// renew makes a copy of the pod: what was passed on before is not ours to change.
func (p *pod) renew() {
	next := *p.api
	p.api.Status.DeepCopyInto(&next.Status)
	p.api = &next
}

func (p *pod) phase() corev1.PodPhase {
	if p.stage == stageDone {
		return p.lastPhase()
	}
	if !p.initialized() {
		return corev1.PodPending
	}
	for _, g := range p.mains {
		if g.state == waiting && g.last == nil {
			return corev1.PodPending
		}
	}
	return corev1.PodRunning
}

func (p *pod) lastPhase() corev1.PodPhase {
	if p.ending.reason != "" {
		return corev1.PodFailed
	}
	for _, g := range p.mains {
		if g.last == nil || g.last.ExitCode != 0 {
			return corev1.PodFailed
		}
	}
	return corev1.PodSucceeded
}

// ready says whether all main containers are.
func (p *pod) ready() bool {
	if p.stage != stageRunning && p.stage != stageStopping {
		return false
	}
	for _, g := range p.mains {
		if !g.ready {
			return false
		}
	}
	return true
}

// setConditions sets the conditions a kubelet owns.
func (p *pod) setConditions(now metav1.Time) {
	initialized := p.stage != stagePending && p.initialized()
	reason, containersReady := "", p.ready()
	if !containersReady {
		reason = "ContainersNotReady"
		if p.stage == stageDone && p.api.Status.Phase == corev1.PodSucceeded {
			reason = "PodCompleted"
		}
	}
	ready := containersReady && gatesPass(p.api)
	incomplete, unready := "", ""
	if p.pool.config.Detailed {
		incomplete, unready = p.incomplete(initialized), p.unready(containersReady)
	}
	p.setCondition(corev1.PodReadyToStartContainers, p.stage != stagePending && p.stage != stageDone, "", "", now)
	p.setCondition(corev1.PodInitialized, initialized, notIf(incomplete == "", "ContainersNotInitialized"), incomplete, now)
	p.setCondition(corev1.PodReady, ready, reason, unready, now)
	p.setCondition(corev1.ContainersReady, containersReady, reason, unready, now)
	if !scheduled(p.api) {
		p.setCondition(corev1.PodScheduled, true, "", "", now) // nobody bound it: its author named the node
	}
	switch {
	case !podutil.AllContainersCouldRestart(&p.api.Spec):
	case p.restartingAll:
		p.setCondition(corev1.AllContainersRestarting, true, "RestartAllContainersStarted", "container exited with restart policy rule", now)
	default:
		p.setCondition(corev1.AllContainersRestarting, false, "", "", now)
	}
}

// incomplete is what a kubelet says of init containers that have not done their work.
func (p *pod) incomplete(initialized bool) string {
	var names []string
	for i := range p.inits {
		c := &p.inits[i]
		done := i < p.initDone || c.state == ended && c.last != nil && c.last.ExitCode == 0
		if !done {
			names = append(names, p.api.Spec.InitContainers[i].Name)
		}
	}
	if initialized || len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("containers with incomplete status: %v", names)
}

// unready is what a kubelet says of main containers that are not ready, once it has
// statuses of them.
func (p *pod) unready(ready bool) string {
	if ready || p.ending.rejected || p.api.Status.Phase == corev1.PodSucceeded {
		return ""
	}
	names := make([]string, 0, len(p.api.Spec.Containers))
	for i := range p.api.Spec.Containers {
		for _, g := range p.mains {
			if !g.ready && slices.Contains(g.members, i) {
				names = append(names, p.api.Spec.Containers[i].Name)
			}
		}
	}
	return fmt.Sprintf("containers with unready status: %v", names)
}

// notIf is text, or nothing.
func notIf(empty bool, text string) string {
	if empty {
		return ""
	}
	return text
}

// scheduled says whether somebody bound the pod to its node.
func scheduled(p *corev1.Pod) bool {
	_, c := podutil.GetPodCondition(&p.Status, corev1.PodScheduled)
	return c != nil && c.Status == corev1.ConditionTrue
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

func (p *pod) setCondition(t corev1.PodConditionType, value bool, reason, message string, now metav1.Time) {
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
		c.Reason, c.Message, c.ObservedGeneration = reason, message, p.api.Generation
		return
	}
	p.api.Status.Conditions = append(conditions, corev1.PodCondition{
		Type: t, Status: status, Reason: reason, Message: message, LastTransitionTime: now, ObservedGeneration: p.api.Generation,
	})
}
