package kubedump

import (
	"time"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/kube"
)

// life is how a pod ran.
type life struct {
	tracer.Lifecycle
	// bound is when it was bound, or when it was created if that is not known:
	// nodes start pods in this order.
	bound time.Time
	// started is false for a pod that never came so far.
	started bool
	// ended pods are over: they succeeded or failed.
	ended bool
	// always is the restart policy Always.
	always bool
}

// lifeOf reads a pod's status. Kubernetes gives times to the second.
func lifeOf(d kube.Document) life {
	status := kube.Map(d.Object, "status")
	phase := kube.Str(status, "phase")
	created := at(d.Object, "metadata", "creationTimestamp")
	policy := kube.Str(d.Object, "spec", "restartPolicy")
	l := life{ended: phase == "Succeeded" || phase == "Failed", always: policy == "Always" || policy == ""}
	l.Node = kube.Str(d.Object, "spec", "nodeName")

	bound := condition(status, "PodScheduled")
	l.Pending, l.HasPending = between(created, bound)
	if bound.IsZero() {
		bound = at(status, "startTime") // when the kubelet saw it
	}
	l.bound = bound
	if bound.IsZero() {
		l.bound = created
	}
	if l.Node == "" {
		return l
	}
	runs := mainRuns(status)
	l.started = runs.any
	if runs.first.IsZero() { // restarted containers do not tell: this is the least
		runs.first = condition(status, "Initialized")
	}
	l.StartDelay, _ = between(bound, runs.first)
	l.Restarts = runs.restarts
	switch {
	case l.ended && runs.any:
		l.RunFor, l.HasRunFor = between(runs.lastStart, runs.lastEnd)
		l.ExitCode = runs.exitCode
	case runs.crashed > 0 && runs.restarts > 0:
		// It runs on after crashes whose length the last one shows.
		l.RunFor, l.HasRunFor, l.ExitCode = runs.crashed, l.always, runs.crashCode
	}
	if !l.HasRunFor {
		l.Restarts, l.ExitCode = 0, 0 // restarts mean nothing to a pod without an end
	}
	if phase == "Failed" && l.ExitCode == 0 {
		l.ExitCode = 1
	}
	return l
}

// runs is what the main containers of a pod tell together.
type runs struct {
	any                bool
	first              time.Time     // when the first container started; restarted ones do not tell
	lastStart, lastEnd time.Time     // of the container that ended last
	exitCode           int32         // the first that is not 0
	restarts           int32         // the most
	crashed            time.Duration // how long the run before the present one took
	crashCode          int32
}

func mainRuns(status map[string]any) runs {
	var r runs
	for _, c := range kube.List(status, "containerStatuses") {
		restarts := clamp(kube.Field(c, "restartCount"), 1<<20)
		r.restarts = max(r.restarts, restarts)
		start := at(c, "state", "running", "startedAt")
		if end := at(c, "state", "terminated", "finishedAt"); !end.IsZero() {
			start = at(c, "state", "terminated", "startedAt")
			if end.After(r.lastEnd) {
				r.lastStart, r.lastEnd = start, end
			}
		}
		if code := clamp(kube.Field(c, "state", "terminated", "exitCode"), 255); r.exitCode == 0 {
			r.exitCode = code
		}
		crashStart, crashEnd := at(c, "lastState", "terminated", "startedAt"), at(c, "lastState", "terminated", "finishedAt")
		if d, ok := between(crashStart, crashEnd); ok && d > 0 && restarts == r.restarts {
			r.crashed, r.crashCode = d, clamp(kube.Field(c, "lastState", "terminated", "exitCode"), 255)
		}
		r.any = r.any || !start.IsZero()
		if restarts == 0 && !start.IsZero() && (r.first.IsZero() || start.Before(r.first)) {
			r.first = start
		}
	}
	return r
}

// condition is when a condition became true, the zero time if it is not.
func condition(status map[string]any, name string) time.Time {
	for _, c := range kube.List(status, "conditions") {
		if kube.Str(c, "type") == name && kube.Str(c, "status") == "True" {
			return at(c, "lastTransitionTime")
		}
	}
	return time.Time{}
}

// clamp returns a whole number of the input, from 0 to limit.
func clamp(v any, limit int64) int32 {
	n, _ := v.(int64)
	return int32(min(max(n, 0), limit))
}
