package vnode

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
)

// runInit starts the next init container, or the main containers after the last.
func (p *pod) runInit(now time.Time) {
	p.step = nil
	p.stage = stageInit
	for !p.initialized() {
		c, spec := &p.inits[p.initDone], &p.api.Spec.InitContainers[p.initDone]
		if !p.pulls(spec) {
			p.report(now)
			return
		}
		c.start(now)
		p.pool.tellInitStarted(p, p.initDone)
		runFor := p.life.InitRunFor
		if c.run = p.runOf(spec, now); c.run != nil {
			runFor = c.run.After
		}
		switch {
		case isSidecar(spec):
			p.initDone++
		case c.run != nil && !c.run.Ends:
			p.report(now)
			return
		case runFor > 0:
			p.report(now)
			p.step = p.pool.agenda.At(now.Add(runFor), p.locked(func(now time.Time) {
				if p.exitInit(now) {
					p.runInit(now)
				}
			}))
			return
		case !p.exitInit(now):
			return
		}
	}
	p.runMain(now)
}

// exitInit ends the run of an init container. It says whether the pod goes on at
// once: with the next one, or with this one again.
func (p *pod) exitInit(now time.Time) bool {
	c, spec := &p.inits[p.initDone], &p.api.Spec.InitContainers[p.initDone]
	code := crash(c.own, p.life.InitRestarts, p.life.InitExitCode)
	if c.run != nil {
		code = c.run.Code
	}
	ran := now.Sub(c.started)
	c.end(now, code, "")
	switch {
	case restartsAll(spec, code):
		p.restartAll(now, ran)
		return false
	case code == 0:
		p.initDone++
		return true
	case !podutil.ContainerShouldRestart(*spec, p.api.Spec, code):
		p.finish(now, code)
		return false
	}
	wait := c.backOff.next(now)
	if wait == 0 {
		return true
	}
	c.state = backingOff
	p.report(now)
	p.step = p.pool.agenda.At(now.Add(wait), p.locked(p.runInit))
	return false
}

// againInit begins a pod again whose node failed while its init containers ran. The API
// lets those that have completed run once more only where all are always restarted.
func (p *pod) againInit(now time.Time) {
	for i := range p.inits {
		if c := &p.inits[i]; c.state == running {
			c.end(now, exitKilled, "")
			c.state = waiting
			if isSidecar(&p.api.Spec.InitContainers[i]) && p.api.Spec.RestartPolicy != corev1.RestartPolicyAlways {
				c.start(now) // it has had its turn
			}
		}
	}
	if p.api.Spec.RestartPolicy == corev1.RestartPolicyAlways {
		p.initDone = 0
	}
	p.begin(now)
}
