// Package podstatus derives phase and conditions of a pod from the statuses of its
// containers, as a kubelet does; the conditions are made by the kubelet's own code.
package podstatus

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/kubelet/status"
)

// SetConditions sets the conditions that a kubelet owns; started says that the pod's
// containers may start. Phase and statuses of containers are there already.
func SetConditions(pod *corev1.Pod, started bool) {
	s := &pod.Status
	old := s.DeepCopy()
	all := make([]corev1.ContainerStatus, 0, len(s.InitContainerStatuses)+len(s.ContainerStatuses))
	all = append(append(all, s.InitContainerStatuses...), s.ContainerStatuses...)
	ready := corev1.PodCondition{Type: corev1.PodReadyToStartContainers, Status: corev1.ConditionFalse, ObservedGeneration: pod.Generation}
	if started && !podutil.IsPodPhaseTerminal(s.Phase) {
		ready.Status = corev1.ConditionTrue
	}
	for _, c := range []corev1.PodCondition{
		ready,
		status.GeneratePodInitializedCondition(pod, old, all, s.Phase),
		status.GeneratePodReadyCondition(pod, old, s.Conditions, all, s.Phase),
		status.GenerateContainersReadyCondition(pod, old, all, s.Phase),
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue, ObservedGeneration: pod.Generation},
	} {
		podutil.UpdatePodCondition(s, &c)
	}
	s.ObservedGeneration = pod.Generation
}

// Phase is that of a pod whose containers have these statuses and go on: it is Pending until
// each main container has run, and Running from then on.
func Phase(pod *corev1.Pod) corev1.PodPhase {
	s := &pod.Status
	if len(s.ContainerStatuses) < len(pod.Spec.Containers) {
		return corev1.PodPending
	}
	for i := range s.ContainerStatuses {
		c := &s.ContainerStatuses[i]
		if c.State.Running == nil && c.State.Terminated == nil && c.LastTerminationState.Terminated == nil {
			return corev1.PodPending
		}
	}
	return corev1.PodRunning
}

// LastPhase is that of a pod all of whose main containers have ended: Succeeded if each did
// so with 0.
func LastPhase(pod *corev1.Pod) corev1.PodPhase {
	for i := range pod.Status.ContainerStatuses {
		if t := pod.Status.ContainerStatuses[i].State.Terminated; t == nil || t.ExitCode != 0 {
			return corev1.PodFailed
		}
	}
	return corev1.PodSucceeded
}

// Fail makes a pod one that has failed, before or while its containers ran.
func Fail(pod *corev1.Pod, reason, message string) {
	pod.Status.Phase, pod.Status.Reason, pod.Status.Message = corev1.PodFailed, reason, message
	if pod.Status.StartTime == nil {
		now := metav1.Now()
		pod.Status.StartTime = &now
	}
	SetConditions(pod, false)
}
