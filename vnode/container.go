package vnode

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/features"

	"simk.dev/simk/vnode/agenda"
)

// containerState is what a container does.
type containerState int

const (
	waiting containerState = iota // to be started, for the first time or after all were restarted
	running
	backingOff // ended, and waits to be restarted
	ended      // for good
)

// container is what has become of one container.
type container struct {
	state containerState
	// runs counts starts, own those that its life asks for: a start that a new
	// image or size made is none of them. started is the last one.
	runs, own int32
	started   time.Time
	last      *corev1.ContainerStateTerminated
	backOff   backOff
	// run is what this run does, if that is known; nil: what the pod says.
	run *Run
}

func (c *container) start(now time.Time) {
	c.state, c.started = running, now
	c.runs++
	c.own++
}

// end records how a run ended; what comes then is for the caller to say.
func (c *container) end(now time.Time, code int32, reason string) {
	c.state = ended
	if reason == "" {
		reason = "Error"
		if code == 0 {
			reason = "Completed"
		}
	}
	c.last = &corev1.ContainerStateTerminated{
		ExitCode: code, Reason: reason,
		StartedAt: metav1.NewTime(c.started), FinishedAt: metav1.NewTime(now),
	}
	if c.run != nil && c.run.Ends && c.run.Code == code {
		c.last.Message = c.run.Message
	}
}

// reset makes a container as if it had never run, but for the number of its
// restarts and how it ended.
func (c *container) reset(now time.Time, code int32) {
	if c.state == running {
		c.end(now, code, "")
	}
	if c.last != nil {
		c.last = &corev1.ContainerStateTerminated{
			ExitCode: exitKilled, Reason: "RestartingAllContainers", Message: "The container is removed because RestartAllContainers in place",
			StartedAt: c.last.StartedAt, FinishedAt: c.last.FinishedAt,
		}
	}
	c.state, c.backOff = waiting, backOff{}
}

// crash is what a run exits with: the last one with code, those before it, if that
// is 0, with 1.
func crash(own, restarts, code int32) int32 {
	if own <= restarts && code == 0 {
		return 1
	}
	return code
}

// group is main containers of a pod that behave alike: they have the same restart
// policy and rules, and nobody changed one of them. Most pods have one.
type group struct {
	container
	pod     *pod
	members []int // of spec.containers
	ready   bool
	// probing is what the probes of a run find that is known.
	probing probing

	step, readiness, kill *agenda.Entry
}

// groupsOf sorts a pod's main containers by how they behave.
func groupsOf(p *pod) []*group {
	var groups []*group
	spec := p.api.Spec.Containers
next:
	for i := range spec {
		for _, g := range groups {
			first := &spec[g.members[0]]
			if sameRestarts(first, &spec[i]) && !p.knows(first) && !p.knows(&spec[i]) {
				g.members = append(g.members, i)
				continue next
			}
		}
		groups = append(groups, &group{pod: p, members: []int{i}})
	}
	return groups
}

func sameRestarts(a, b *corev1.Container) bool {
	if a.RestartPolicy == nil && b.RestartPolicy == nil {
		return true // rules need a policy
	}
	return equality.Semantic.DeepEqual(a.RestartPolicy, b.RestartPolicy) &&
		equality.Semantic.DeepEqual(a.RestartPolicyRules, b.RestartPolicyRules)
}

// spec is that of one of the containers.
func (g *group) spec() *corev1.Container { return &g.pod.api.Spec.Containers[g.members[0]] }

// alone takes a container out of its group, to do something that the others do not.
func (p *pod) alone(index int) *group {
	for at, g := range p.mains {
		if !slices.Contains(g.members, index) {
			continue
		}
		if len(g.members) == 1 {
			return g
		}
		g.members = slices.DeleteFunc(slices.Clone(g.members), func(i int) bool { return i == index })
		one := &group{container: g.container, pod: p, members: []int{index}, ready: g.ready}
		if one.state == running {
			one.armEnd(one.started)
		}
		if one.state == running && !one.ready {
			one.armReady(one.started)
		}
		p.mains = slices.Insert(p.mains, at+1, one)
		return one
	}
	return nil
}

// start starts the containers, without a word.
func (g *group) start(now time.Time) {
	g.step = nil
	g.container.start(now)
	g.pod.pool.tellStarted(g)
	g.run = g.pod.runOf(g.spec(), now)
	if known := g.run; known != nil && known.Answers != nil {
		g.armProbes(now)
		return
	}
	g.ready = readinessDelay(g) == 0
	if !g.ready {
		g.armReady(now)
	}
}

func (g *group) armReady(started time.Time) {
	g.readiness = g.pod.pool.agenda.At(started.Add(readinessDelay(g)), g.pod.locked(func(now time.Time) {
		g.ready = true
		g.pod.report(now)
	}))
}

// again starts the containers once more.
func (g *group) again(now time.Time) {
	g.start(now)
	g.pod.report(now)
	g.armEnd(now)
}

// armEnd has a run end that began at that instant, if it does.
func (g *group) armEnd(started time.Time) {
	if g.state == running && g.endsByItself() {
		after := g.pod.life.RunFor
		if g.run != nil {
			after = g.run.After
		}
		g.step = g.pod.pool.agenda.At(started.Add(after), g.pod.locked(g.exit))
	}
}

// endsByItself says whether this run of the containers ends. A pod that is always
// restarted and has had its crashes runs on.
func (g *group) endsByItself() bool {
	life := &g.pod.life
	if g.run != nil {
		return g.run.Ends
	}
	if life.Restarts > 0 && podutil.ContainerShouldRestart(*g.spec(), g.pod.api.Spec, 0) {
		return g.own <= life.Restarts
	}
	return life.Ends || g.own <= life.Restarts
}

// exit ends a run of the containers, by itself.
func (g *group) exit(now time.Time) {
	code := crash(g.own, g.pod.life.Restarts, g.pod.life.ExitCode)
	if g.run != nil {
		code = g.run.Code
	}
	g.ended(now, code, "")
}

// ended does what policy and rules say when a run of the containers has ended.
func (g *group) ended(now time.Time, code int32, reason string) {
	p := g.pod
	ran := now.Sub(g.started)
	g.end(now, code, reason)
	if restartsAll(g.spec(), code) {
		p.restartAll(now, ran)
		return
	}
	if !podutil.ContainerShouldRestart(*g.spec(), p.api.Spec, code) {
		if slices.ContainsFunc(p.mains, func(g *group) bool { return g.state != ended }) {
			p.report(now)
		} else {
			p.finish(now, code)
		}
		return
	}
	wait := g.backOff.next(now)
	if wait == 0 {
		g.again(now)
		return
	}
	g.state = backingOff
	p.report(now)
	g.step = p.pool.agenda.At(now.Add(wait), p.locked(g.again))
}

// end records how a run ended.
func (g *group) end(now time.Time, code int32, reason string) {
	g.halt()
	g.ready = false
	g.container.end(now, code, reason)
}

func (g *group) halt() {
	g.pod.pool.agenda.Cancel(g.step)
	g.pod.pool.agenda.Cancel(g.readiness)
	g.pod.pool.agenda.Cancel(g.kill)
	g.step, g.readiness, g.kill = nil, nil, nil
}

// restart ends the containers and starts them again, because their definition
// changed: that is no crash.
func (g *group) restart(now time.Time) {
	p := g.pod
	if p.stage == stageRunning && !p.restartingAll && g.state == waiting && p.pulls(g.spec()) {
		g.again(now) // its image could not be pulled, and now can
		return
	}
	if p.stage != stageRunning || p.restartingAll || g.state == ended || g.state == waiting {
		return
	}
	g.halt()
	if g.state == backingOff {
		g.again(now) // a definition of its own has a back-off of its own
		return
	}
	p.pool.tellKilling(p, g.members)
	delay, code := g.stopTime(graceOf(p.api))
	again := func(now time.Time) {
		g.end(now, code, "")
		g.own--
		g.again(now)
	}
	if delay == 0 {
		again(now)
		return
	}
	g.step = p.pool.agenda.At(now.Add(delay), p.locked(again))
}

// restartsAll says whether a container that ended so has all containers of its
// pod restarted.
func restartsAll(c *corev1.Container, code int32) bool {
	if len(c.RestartPolicyRules) == 0 || !utilfeature.DefaultFeatureGate.Enabled(features.RestartAllContainersOnContainerExits) {
		return false
	}
	rule, ok := podutil.FindMatchingContainerRestartRule(*c, code)
	return ok && rule.Action == corev1.ContainerRestartRuleActionRestartAllContainers
}

// readinessDelay is how long after their start the containers are ready: the
// largest initial delay of their startup and readiness probes.
func readinessDelay(g *group) time.Duration {
	var longest int32
	for _, i := range g.members {
		c := &g.pod.api.Spec.Containers[i]
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
