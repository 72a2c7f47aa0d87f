package vnode

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// tell posts an Event of the kubelet about a pod, if somebody wants them.
func (p *Pool) tell(about *pod, eventType, reason, note string) {
	if p.config.Event != nil {
		p.config.Event(about.api, eventType, reason, note)
	}
}

// tellStarted posts what a kubelet says of containers that it starts.
func (p *Pool) tellStarted(g *group) {
	if p.config.Event == nil {
		return
	}
	for _, i := range g.members {
		p.tellContainerStarted(g.pod, &g.pod.api.Spec.Containers[i])
	}
}

func (p *Pool) tellInitStarted(about *pod, index int) {
	if p.config.Event != nil {
		p.tellContainerStarted(about, &about.api.Spec.InitContainers[index])
	}
}

func (p *Pool) tellContainerStarted(about *pod, c *corev1.Container) {
	p.tell(about, corev1.EventTypeNormal, "Pulled", fmt.Sprintf("Container image %q already present on machine", c.Image))
	p.tell(about, corev1.EventTypeNormal, "Created", "Container created")
	p.tell(about, corev1.EventTypeNormal, "Started", "Container started")
}

// tellKilling posts that main containers are ended.
func (p *Pool) tellKilling(about *pod, members []int) {
	if p.config.Event == nil {
		return
	}
	for _, i := range members {
		p.tell(about, corev1.EventTypeNormal, "Killing", "Stopping container "+about.api.Spec.Containers[i].Name)
	}
}

func (p *Pool) tellKillingAll(about *pod) {
	for _, g := range about.mains {
		if g.state == running {
			p.tellKilling(about, g.members)
		}
	}
}
