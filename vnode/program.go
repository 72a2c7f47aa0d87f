package vnode

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Programs know what some containers do whose pods say nothing of their life.
type Programs interface {
	// Knows says whether something is known of the container's image.
	Knows(*corev1.Container) bool
	// Pulls says whether an image can be pulled.
	Pulls(image string) bool
	// Start tells what a run of a container does that starts at an instant; false: that is
	// not known.
	Start(*corev1.Pod, *corev1.Container, time.Time) (Run, bool)
	// Forget is told that a pod is gone.
	Forget(types.UID)
}

// Run is what one run of a container does.
type Run struct {
	// Ends says that it ends by itself, After so long, with Code and with Message as its
	// termination message.
	Ends    bool
	After   time.Duration
	Code    int32
	Message string
	// Answers says whether a probe of the container succeeds at an instant. It says the same
	// from each of Changes, which are in order, to the next. Nil: all probes succeed.
	Answers func(*corev1.Probe, time.Time) bool
	Changes []time.Time
}

// programs are those that know what the pod's containers do; nil if it is said how they
// run, by the pod's annotations or a recording.
func (p *pod) programs() Programs {
	said := p.life
	said.StartDelay, said.StopDelay = 0, 0
	if said != (Lifecycle{}) {
		return nil
	}
	return p.pool.config.Programs
}

// knows says whether it is known what a container does.
func (p *pod) knows(c *corev1.Container) bool {
	known := p.programs()
	return known != nil && known.Knows(c)
}

// runOf is what a container does that starts now; nil if it lives as the pod says.
func (p *pod) runOf(c *corev1.Container, now time.Time) *Run {
	known := p.programs()
	if known == nil {
		return nil
	}
	run, ok := known.Start(p.api, c, now)
	if !ok {
		return nil
	}
	return &run
}

// pulls says whether a container's image can be pulled, and tells if not.
func (p *pod) pulls(c *corev1.Container) bool {
	if p.pool.config.Programs == nil || p.pool.config.Programs.Pulls(c.Image) {
		delete(p.unpulled, c.Name)
		return true
	}
	p.pool.tell(p, corev1.EventTypeWarning, "Failed", "Failed to pull image \""+c.Image+"\": not found")
	p.pool.tell(p, corev1.EventTypeWarning, "BackOff", "Back-off pulling image \""+c.Image+"\"")
	if p.unpulled == nil {
		p.unpulled = map[string]bool{}
	}
	p.unpulled[c.Name] = true
	return false
}
