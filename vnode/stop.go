package vnode

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// afterPreStop is what a kubelet leaves a container to end in when its hook took
// the whole grace period (upstream: minimumGracePeriodInSeconds).
const afterPreStop = 2 * time.Second

// delete takes in that the pod is being deleted, perhaps once more with less time.
func (p *pod) delete(api *corev1.Pod, now time.Time) {
	p.deleting = true
	seen := *p.api // what was reported before stays as it was
	seen.Generation = api.Generation
	seen.DeletionTimestamp, seen.DeletionGracePeriodSeconds = api.DeletionTimestamp, api.DeletionGracePeriodSeconds
	p.api = &seen
	if !p.node.failed {
		p.stop(now)
	}
}

// stop begins the graceful end of a pod that is being deleted, or hurries it.
func (p *pod) stop(now time.Time) {
	grace := time.Duration(0)
	if s := p.api.DeletionGracePeriodSeconds; s != nil {
		grace = inSeconds(*s)
	}
	p.terminate(now, grace)
}

// terminate ends all containers within a grace period, and then the pod.
func (p *pod) terminate(now time.Time, grace time.Duration) {
	if p.stage == stageDone {
		return
	}
	delay, code := p.stopTime(grace)
	at := now.Add(delay)
	if p.stage == stageStopping && !at.Before(p.ending.at) {
		return
	}
	if p.stage != stageStopping {
		p.pool.tellKillingAll(p)
	}
	p.halt()
	stopped := func(now time.Time) { p.finish(now, code) }
	if delay == 0 {
		stopped(now)
		return
	}
	p.stage, p.ending.at = stageStopping, at
	if p.api.Status.ObservedGeneration != p.api.Generation {
		p.report(now)
	}
	p.step = p.pool.agenda.At(at, p.locked(stopped))
}

// stopTime is how long the containers that run take to end, and their exit code.
func (p *pod) stopTime(grace time.Duration) (time.Duration, int32) {
	longest, code := time.Duration(0), int32(exitTerminated)
	for i := range p.inits {
		if p.inits[i].state != running {
			continue
		}
		if delay, c := p.stopTimeOf(&p.api.Spec.InitContainers[i], grace); delay >= longest {
			longest, code = delay, c
		}
	}
	for _, g := range p.mains {
		if g.state != running {
			continue
		}
		if delay, c := g.stopTime(grace); delay >= longest {
			longest, code = delay, c
		}
	}
	return longest, code
}

func (g *group) stopTime(grace time.Duration) (time.Duration, int32) {
	longest, code := time.Duration(0), int32(exitTerminated)
	for _, i := range g.members {
		if delay, c := g.pod.stopTimeOf(&g.pod.api.Spec.Containers[i], grace); delay >= longest {
			longest, code = delay, c
		}
	}
	return longest, code
}

// stopTimeOf is how long one container takes to end: first its hook sleeps, then
// it gets the signal, and is killed when the grace period is over.
func (p *pod) stopTimeOf(c *corev1.Container, grace time.Duration) (time.Duration, int32) {
	var hook time.Duration
	if l := c.Lifecycle; l != nil && l.PreStop != nil && l.PreStop.Sleep != nil {
		hook = min(inSeconds(l.PreStop.Sleep.Seconds), grace)
	}
	left := grace - hook
	if hook > 0 {
		left = max(left, afterPreStop)
	}
	stop := max(p.life.StopDelay, p.pool.config.MinStop)
	if p.life.StopDelay > left {
		return hook + left, exitKilled
	}
	return hook + min(stop, left), exitTerminated
}
