package vnode

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// verdict is what a probe comes to at an instant, after as many successes or failures as
// it wants.
type verdict struct {
	at      time.Time
	success bool
}

// maxVerdicts bounds how often a probe changes its mind.
const maxVerdicts = 100

// verdicts are those of a probe of a run, from an instant on, each other than the one
// before. Before the first it is initial. A probe is asked once for each stretch in which
// it says the same, however long that is.
func (r *Run) verdicts(probe *corev1.Probe, from time.Time, initial bool) (all []verdict) {
	period := time.Duration(max(probe.PeriodSeconds, 1)) * time.Second
	now, last, count := initial, false, int64(0)
	for at := from; len(all) < maxVerdicts; {
		answer := r.Answers(probe, at)
		if answer != last {
			count, last = 0, answer
		}
		times, more := r.stretch(at, period)
		threshold := int64(max(probe.FailureThreshold, 1))
		if answer {
			threshold = int64(max(probe.SuccessThreshold, 1))
		}
		if needed := max(threshold-count, 1); answer != now && (!more || needed <= times) {
			when, ok := later(at, needed-1, period)
			if !ok {
				return all
			}
			now = answer
			all = append(all, verdict{when, now})
		}
		if !more {
			return all
		}
		count += times
		at = at.Add(time.Duration(times) * period)
	}
	return all
}

// stretch is how often a probe is asked from an instant on before its answer may change,
// this time included; false: it never does.
func (r *Run) stretch(at time.Time, period time.Duration) (int64, bool) {
	for _, change := range r.Changes {
		if change.After(at) {
			return int64((change.Sub(at) + period - 1) / period), true
		}
	}
	return 0, false
}

// later is an instant so many periods later; false: beyond all that time can count.
func later(at time.Time, periods int64, period time.Duration) (time.Time, bool) {
	const century = 100 * 365 * 24 * time.Hour
	if periods > int64(century/period) {
		return time.Time{}, false
	}
	return at.Add(time.Duration(periods) * period), true
}

// probing is what becomes of a run whose probes ask a program.
type probing struct {
	ready []verdict
	// killed is when a probe has the container ended; zero: never.
	killed time.Time
	by     *corev1.Probe
	what   string // Liveness or Startup
}

// probe foretells what the probes of a container find that started at an instant.
func (r *Run) probe(c *corev1.Container, started time.Time) (p probing) {
	delay := func(probe *corev1.Probe) time.Time {
		return started.Add(time.Duration(probe.InitialDelaySeconds) * time.Second)
	}
	up := started
	if probe := c.StartupProbe; probe != nil {
		first := r.verdicts(probe, delay(probe), false)
		failing, ok := later(delay(probe), int64(max(probe.FailureThreshold, 1)-1), time.Duration(max(probe.PeriodSeconds, 1))*time.Second)
		switch {
		case ok && (len(first) == 0 || first[0].at.After(failing)):
			return probing{killed: failing, by: probe, what: "Startup"}
		case len(first) == 0:
			return probing{}
		}
		up = first[0].at
	}
	since := func(probe *corev1.Probe) time.Time {
		if at := delay(probe); at.After(up) {
			return at
		}
		return up
	}
	p.ready = []verdict{{up, true}}
	if probe := c.ReadinessProbe; probe != nil {
		p.ready = r.verdicts(probe, since(probe), false)
	}
	if probe := c.LivenessProbe; probe != nil {
		if found := r.verdicts(probe, since(probe), true); len(found) > 0 {
			p.killed, p.by, p.what = found[0].at, probe, "Liveness"
		}
	}
	return p
}

// armProbes has the containers become ready, and be killed, as their probes foretell.
func (g *group) armProbes(now time.Time) {
	g.probing = g.run.probe(g.spec(), now)
	g.ready = false
	g.nextReady(now)
	if g.probing.killed.IsZero() || g.run.Ends && !g.probing.killed.Before(now.Add(g.run.After)) {
		return
	}
	g.kill = g.pod.pool.agenda.At(g.probing.killed, g.pod.locked(g.killByProbe))
}

// nextReady takes in what the readiness probe has found by now, and waits for more.
func (g *group) nextReady(now time.Time) {
	for len(g.probing.ready) > 0 && !g.probing.ready[0].at.After(now) {
		g.ready = g.probing.ready[0].success
		g.probing.ready = g.probing.ready[1:]
	}
	if len(g.probing.ready) == 0 {
		return
	}
	g.readiness = g.pod.pool.agenda.At(g.probing.ready[0].at, g.pod.locked(func(now time.Time) {
		g.nextReady(now)
		g.pod.report(now)
	}))
}

// killByProbe ends a run, as a kubelet does when a liveness or startup probe has failed.
func (g *group) killByProbe(now time.Time) {
	p := g.pod
	name := g.spec().Name
	p.pool.tell(p, corev1.EventTypeWarning, "Unhealthy", g.probing.what+" probe failed")
	p.pool.tell(p, corev1.EventTypeNormal, "Killing", fmt.Sprintf("Container %s failed %s probe, will be restarted", name, g.probing.what))
	grace := graceOf(p.api)
	if s := g.probing.by.TerminationGracePeriodSeconds; s != nil {
		grace = inSeconds(*s)
	}
	delay, code := g.stopTime(grace)
	g.halt()
	g.step = p.pool.agenda.At(now.Add(delay), p.locked(func(now time.Time) { g.ended(now, code, "") }))
}
