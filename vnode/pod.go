package vnode

import (
	"math"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// stage is where a pod is in its life.
type stage int

const (
	stagePending  stage = iota // bound, first container not started
	stageInit                  // init containers run
	stageRunning               // main containers run
	stageBackOff               // main containers ended and wait to be restarted
	stageStopping              // being deleted, within the grace period
	stageDone                  // all containers ended for good
)

// Exit codes of containers that are made to end (128 + signal).
const (
	exitKilled     = 137
	exitTerminated = 143
)

// pod is one pod on a node of the pool: a state machine whose every step
// reports a whole status. All main containers of a pod behave alike. The
// pool's lock guards it.
type pod struct {
	pool *Pool
	node *node
	// api is the pod as last seen, with the status as last reported.
	api  *corev1.Pod
	life Lifecycle
	seq  uint64

	stage    stage
	initDone int
	// runs counts starts of the main containers; started is the last one.
	runs    int32
	started time.Time
	last    *corev1.ContainerStateTerminated
	backOff backOff
	ready   bool
	// deleting is set once the API asked for the end of the pod.
	deleting bool

	step, readiness, deadline *entry
}

// begin is what a kubelet does when it sees a new pod.
func (p *pod) begin(now time.Time) {
	p.stage = stagePending
	if p.life.StartDelay == 0 {
		p.runInit(now)
		return
	}
	p.report(now)
	p.step = p.pool.agenda.at(now.Add(p.life.StartDelay), p.locked(p.runInit))
}

// locked makes a step into something the agenda can run; it passes the
// instant at which it runs.
func (p *pod) locked(step func(now time.Time)) func() {
	return func() {
		p.pool.mu.Lock()
		defer p.pool.mu.Unlock()
		step(time.Now())
	}
}

// runInit starts the next init container, or the main containers after the last.
func (p *pod) runInit(now time.Time) {
	p.step = nil
	p.armDeadline()
	p.stage = stageInit
	for p.initDone < len(p.api.Spec.InitContainers) {
		if p.life.InitRunFor > 0 && !isSidecar(&p.api.Spec.InitContainers[p.initDone]) {
			p.started = now
			p.report(now)
			p.step = p.pool.agenda.at(now.Add(p.life.InitRunFor), p.locked(func(now time.Time) {
				p.initDone++
				p.runInit(now)
			}))
			return
		}
		p.initDone++
	}
	p.runMain(now)
}

// runMain starts all main containers, for the first time or again.
func (p *pod) runMain(now time.Time) {
	p.step = nil
	p.stage = stageRunning
	p.runs++
	p.started = now
	delay := readinessDelay(p.api)
	p.ready = delay == 0
	if !p.ready {
		p.readiness = p.pool.agenda.at(now.Add(delay), p.locked(func(now time.Time) {
			p.ready = true
			p.report(now)
		}))
	}
	p.report(now)
	if p.endsByItself() {
		p.step = p.pool.agenda.at(now.Add(p.life.RunFor), p.locked(p.exit))
	}
}

// endsByItself says whether this run of the main containers ends. A pod that
// is always restarted and has had its crashes runs on.
func (p *pod) endsByItself() bool {
	if p.life.Restarts > 0 && p.api.Spec.RestartPolicy == corev1.RestartPolicyAlways {
		return p.runs <= p.life.Restarts
	}
	return p.life.Ends || p.runs <= p.life.Restarts
}

// exit ends a run of the main containers and does what the restart policy says.
func (p *pod) exit(now time.Time) {
	code := p.life.ExitCode
	if p.runs <= p.life.Restarts && code == 0 {
		code = 1
	}
	p.end(now, code, "")
	policy := p.api.Spec.RestartPolicy
	if policy == corev1.RestartPolicyNever || (policy == corev1.RestartPolicyOnFailure && code == 0) {
		p.finish(now, "", "")
		return
	}
	wait := p.backOff.next(now)
	if wait == 0 {
		p.runMain(now)
		return
	}
	p.stage = stageBackOff
	p.report(now)
	p.step = p.pool.agenda.at(now.Add(wait), p.locked(p.runMain))
}

// end records how a run of the main containers ended.
func (p *pod) end(now time.Time, code int32, reason string) {
	p.ready = false
	p.pool.agenda.cancel(p.step)
	p.pool.agenda.cancel(p.readiness)
	p.step = nil
	if reason == "" {
		reason = "Error"
		if code == 0 {
			reason = "Completed"
		}
	}
	p.last = &corev1.ContainerStateTerminated{
		ExitCode: code, Reason: reason,
		StartedAt: metav1.NewTime(p.started), FinishedAt: metav1.NewTime(now),
		ContainerID: p.containerID(),
	}
}

// finish ends the pod for good; reason and message go into its status.
func (p *pod) finish(now time.Time, reason, message string) {
	p.pool.agenda.cancel(p.step)
	p.pool.agenda.cancel(p.deadline)
	p.stage = stageDone
	p.api.Status.Reason, p.api.Status.Message = reason, message
	p.report(now)
}

// armDeadline starts the clock of activeDeadlineSeconds, which counts from the
// pod's start time.
func (p *pod) armDeadline() {
	p.pool.agenda.cancel(p.deadline)
	seconds := p.api.Spec.ActiveDeadlineSeconds
	if seconds == nil || p.stage == stageDone {
		return
	}
	start := time.Now()
	if p.api.Status.StartTime != nil {
		start = p.api.Status.StartTime.Time
	}
	p.deadline = p.pool.agenda.at(start.Add(inSeconds(*seconds)), p.locked(func(now time.Time) {
		if p.stage == stageDone || p.stage == stageStopping {
			return
		}
		p.end(now, exitTerminated, "")
		p.finish(now, "DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
	}))
}

// stop begins the graceful end of a pod that is being deleted.
func (p *pod) stop(now time.Time) {
	if p.stage == stageDone || p.stage == stageStopping {
		return
	}
	p.pool.agenda.cancel(p.step)
	p.pool.agenda.cancel(p.readiness)
	p.pool.agenda.cancel(p.deadline)
	grace := time.Duration(0)
	if s := p.api.DeletionGracePeriodSeconds; s != nil {
		grace = inSeconds(*s)
	}
	code := int32(exitTerminated)
	if p.life.StopDelay > grace {
		code = exitKilled
	}
	stopped := func(now time.Time) {
		p.end(now, code, "")
		p.finish(now, "", "")
	}
	delay := min(p.life.StopDelay, grace)
	if delay == 0 {
		stopped(now)
		return
	}
	p.stage = stageStopping
	p.step = p.pool.agenda.at(now.Add(delay), p.locked(stopped))
}

// freeze stops the pod's clock because its node failed.
func (p *pod) freeze() {
	p.pool.agenda.cancel(p.step)
	p.pool.agenda.cancel(p.readiness)
	p.pool.agenda.cancel(p.deadline)
}

// forget drops a pod that the API no longer has.
func (p *pod) forget() {
	p.freeze()
	delete(p.node.pods, p)
	delete(p.pool.byKey, key(p.api.Namespace, p.api.Name))
}

// thaw is what a kubelet does with a pod it finds after its node came back: the
// containers are gone and restarted if the policy allows it.
func (p *pod) thaw(now time.Time) {
	switch {
	case p.stage == stageDone:
	case p.deleting:
		p.end(now, exitKilled, "")
		p.finish(now, "", "")
	case p.stage == stagePending || p.stage == stageInit:
		p.initDone = 0
		p.begin(now)
	case p.api.Spec.RestartPolicy == corev1.RestartPolicyNever:
		p.end(now, exitKilled, "")
		p.finish(now, "", "")
	case p.stage == stageBackOff:
		p.runMain(now)
		p.armDeadline()
	default:
		p.end(now, exitKilled, "")
		p.runMain(now)
		p.armDeadline()
	}
}

// readinessDelay is how long after their start the containers are ready: the
// largest initial delay of their startup and readiness probes.
func readinessDelay(p *corev1.Pod) time.Duration {
	var longest int32
	for i := range p.Spec.Containers {
		c := &p.Spec.Containers[i]
		var delay int32
		for _, probe := range []*corev1.Probe{c.StartupProbe, c.ReadinessProbe} {
			if probe != nil {
				delay = max(delay, probe.InitialDelaySeconds)
			}
		}
		longest = max(longest, delay)
	}
	return time.Duration(longest) * time.Second
}

// inSeconds is a number of seconds, or the longest duration if that is less.
func inSeconds(n int64) time.Duration {
	return time.Duration(min(n, int64(math.MaxInt64/time.Second))) * time.Second
}

func isSidecar(c *corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}
