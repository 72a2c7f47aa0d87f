package vnode

import (
	"context"
	"math"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"simk.dev/simk/vnode/agenda"
)

// stage is where a pod is in its life.
type stage int

const (
	stagePending  stage = iota // bound, first container not started
	stageInit                  // init containers run
	stageRunning               // main containers run, or wait to be restarted
	stageStopping              // all containers are being ended
	stageDone                  // all containers ended for good
)

// Exit codes of containers that are made to end (128 + signal).
const (
	exitKilled     = 137
	exitTerminated = 143
)

// pod is one pod on a node of the pool: a state machine whose every step
// reports a whole status. The pool's lock guards it.
type pod struct {
	pool *Pool
	node *node
	// api is the pod as last seen, with the status as last reported.
	api  *corev1.Pod
	life Lifecycle
	seq  uint64

	stage stage
	// inits are the init containers; those before initDone have completed or, as
	// sidecars, run as long as the pod.
	inits    []container
	initDone int
	// mains are the main containers, by how they behave.
	mains []*group
	// deleting is set once the API asked for the end of the pod.
	deleting bool
	// ending is how the pod ends, once it does.
	ending ending
	// restartingAll: a container's rule has all containers restarted, which are being ended.
	restartingAll bool
	// missing are the messages of containers that wait for a ConfigMap or a Secret.
	missing map[string]string
	// unpulled are the containers whose image cannot be pulled.
	unpulled map[string]bool
	// allocated is what the node has set aside for the pod, if it was ever resized.
	allocated *corev1.PodSpec
	// retries counts how often a volume was looked for.
	retries int

	step, deadline *agenda.Entry
}

// ending is why a pod ends, and when.
type ending struct {
	reason, message string
	rejected        bool
	at              time.Time
}

// begin is what a kubelet does when it has taken a pod on.
func (p *pod) begin(now time.Time) {
	p.stage = stagePending
	p.armDeadline()
	if p.life.StartDelay == 0 {
		p.mount(now)
		return
	}
	p.report(now)
	p.step = p.pool.agenda.At(now.Add(p.life.StartDelay), p.locked(p.mount))
}

// mount starts the first container, once what the pod refers to exists.
func (p *pod) mount(now time.Time) {
	p.step = nil
	if p.waitsForObjects(now) {
		return
	}
	p.runInit(now)
}

// locked makes a step into something the agenda can run; it passes the
// instant at which it runs.
func (p *pod) locked(step func(now time.Time)) func(context.Context) {
	return func(context.Context) {
		p.pool.mu.Lock()
		defer p.pool.mu.Unlock()
		step(time.Now())
	}
}

// runMain starts all main containers that may run, for the first time or again.
func (p *pod) runMain(now time.Time) {
	p.step = nil
	p.stage = stageRunning
	for _, g := range p.mains {
		if g.state != ended && p.pulls(g.spec()) {
			g.start(now)
		}
	}
	p.report(now)
	for _, g := range p.mains {
		g.armEnd(now)
	}
}

// restartAll ends all containers, and starts the pod anew with its first init
// container, as the rule of the container that has just ended wants it. ran is
// how long that one did: without a moment in between, containers that end at once
// would be restarted for ever without any time passing.
func (p *pod) restartAll(now time.Time, ran time.Duration) {
	delay, code := p.stopTime(graceOf(p.api))
	if delay == 0 && ran == 0 {
		delay = time.Second
	}
	p.halt()
	again := func(now time.Time) {
		p.step, p.restartingAll = nil, false
		for c := range p.containers() {
			c.reset(now, code)
		}
		p.initDone = 0
		p.runInit(now)
	}
	if delay == 0 {
		again(now)
		return
	}
	p.restartingAll = true
	p.report(now)
	p.step = p.pool.agenda.At(now.Add(delay), p.locked(again))
	p.armDeadline()
}

// finish ends the pod for good; what still runs ends with code.
func (p *pod) finish(now time.Time, code int32) {
	p.halt()
	initialized := p.initialized()
	for i := range p.inits {
		if c := &p.inits[i]; c.state == running && isSidecar(&p.api.Spec.InitContainers[i]) {
			c.end(now, 0, "") // after the main containers
		} else if c.state == running {
			c.end(now, code, "")
		}
	}
	for _, g := range p.mains {
		switch {
		case g.state == running:
			g.end(now, code, "")
		case g.last == nil && initialized && !p.ending.rejected:
			// once a pod is initialized, a container that was never seen counts as lost
			g.last = &corev1.ContainerStateTerminated{
				ExitCode: exitKilled, Reason: "ContainerStatusUnknown",
				Message: "The container could not be located when the pod was terminated",
			}
		}
		g.state = ended
	}
	p.stage = stageDone
	p.report(now)
	p.node.freed(now)
}

// initialized says whether all init containers have done their work.
func (p *pod) initialized() bool { return p.initDone == len(p.inits) }

// armDeadline starts the clock of activeDeadlineSeconds, which counts from the
// pod's start time: that a kubelet saw it, not that its containers started.
func (p *pod) armDeadline() {
	p.pool.agenda.Cancel(p.deadline)
	seconds := p.api.Spec.ActiveDeadlineSeconds
	if seconds == nil || p.stage == stageDone || p.stage == stageStopping {
		return
	}
	start := time.Now()
	if p.api.Status.StartTime != nil {
		start = p.api.Status.StartTime.Time
	}
	p.deadline = p.pool.agenda.At(start.Add(inSeconds(*seconds)), p.locked(func(now time.Time) {
		if p.stage == stageDone || p.stage == stageStopping {
			return
		}
		p.ending = ending{reason: "DeadlineExceeded", message: "Pod was active on the node longer than the specified deadline"}
		p.terminate(now, graceOf(p.api))
	}))
}

// halt cancels all that the pod was to do next.
func (p *pod) halt() {
	p.pool.agenda.Cancel(p.step)
	p.pool.agenda.Cancel(p.deadline)
	p.step = nil
	for _, g := range p.mains {
		g.halt()
	}
}

// forget drops a pod that the API no longer has.
func (p *pod) forget() {
	p.halt()
	delete(p.node.pods, p)
	delete(p.pool.byKey, key(p.api.Namespace, p.api.Name))
	if p.pool.config.Programs != nil {
		p.pool.config.Programs.Forget(p.api.UID)
	}
	p.node.freed(time.Now())
}

// thaw is what a kubelet does with a pod it finds after its node came back: the
// containers are gone and restarted if the policy allows it.
func (p *pod) thaw(now time.Time) {
	switch {
	case p.stage == stageDone:
		return
	case p.deleting, p.stage == stageStopping:
		p.finish(now, exitKilled)
		return
	case p.stage == stageInit && p.api.Spec.RestartPolicy == corev1.RestartPolicyNever:
		p.finish(now, exitKilled)
		return
	case p.stage == stagePending || p.stage == stageInit:
		p.againInit(now)
		return
	}
	p.restartingAll = false
	over := true
	for _, g := range p.mains {
		if g.state == running {
			g.end(now, exitKilled, "")
			if podutil.ContainerShouldRestart(*g.spec(), p.api.Spec, exitKilled) {
				g.state = waiting
			}
		}
		over = over && g.state == ended
	}
	if over {
		p.finish(now, exitKilled)
		return
	}
	p.runMain(now)
	p.armDeadline()
}

// containers ranges over all init and main containers; those that behave alike
// are one.
func (p *pod) containers() func(yield func(*container) bool) {
	return func(yield func(*container) bool) {
		for i := range p.inits {
			if !yield(&p.inits[i]) {
				return
			}
		}
		for _, g := range p.mains {
			if !yield(&g.container) {
				return
			}
		}
	}
}

// graceOf is how long the containers of a pod have to end that nobody deleted.
func graceOf(p *corev1.Pod) time.Duration {
	if s := p.Spec.TerminationGracePeriodSeconds; s != nil {
		return inSeconds(*s)
	}
	return corev1.DefaultTerminationGracePeriodSeconds * time.Second
}

// inSeconds is a number of seconds, or the longest duration if that is less.
func inSeconds(n int64) time.Duration {
	return time.Duration(min(n, int64(math.MaxInt64/time.Second))) * time.Second
}

func isSidecar(c *corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

func timePointer(t time.Time) *metav1.Time {
	v := metav1.NewTime(t)
	return &v
}
