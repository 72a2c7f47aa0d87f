package record

import (
	"time"

	"simk.dev/simk/tracer/internal/kube"
	"simk.dev/simk/tracer/record/journal"
)

// observePod adds what a pod's status tells to what was known of it.
func observePod(known journal.Pod, d kube.Document, controller *journal.Owner) journal.Pod {
	p := known
	o := d.Object
	if p.UID == "" {
		policy := kube.Str(o, "spec", "restartPolicy")
		p = journal.Pod{
			UID: kube.Str(o, "metadata", "uid"), Namespace: d.Namespace(), Name: d.Name(),
			Created: at(o, "metadata", "creationTimestamp"), Always: policy == "Always" || policy == "",
			Hash: kube.Str(o, "metadata", "labels", "pod-template-hash"),
		}
	}
	p.Controller = controller
	p.Node = kube.Str(o, "spec", "nodeName")
	if p.Node == "" {
		return p
	}
	if p.Bound.IsZero() {
		status, since := conditionOf(o, "PodScheduled")
		if status != "True" { // a static pod, which nobody schedules
			since = at(o, "status", "startTime")
		}
		p.Bound = since
		if since.IsZero() && kube.Str(o, "status", "phase") != "Pending" {
			p.Bound = p.Created
		}
	}
	r := runsOf(o)
	if p.Started.IsZero() {
		p.Started = r.first
		if p.Started.IsZero() && r.restarts > 0 { // the first run is no longer told
			_, p.Started = conditionOf(o, "Initialized")
		}
	}
	p.Restarts = max(p.Restarts, r.restarts)
	if r.crashed > 0 {
		p.Crashed, p.CrashCode = r.crashed, r.crashCode
	}
	observeEnd(&p, o, r)
	return p
}

// observeEnd notes that a pod ended, unless it did because it was deleted.
func observeEnd(p *journal.Pod, o map[string]any, r runs) {
	phase := kube.Str(o, "status", "phase")
	if p.Ended || phase != "Succeeded" && phase != "Failed" {
		return
	}
	asked := deletionAsked(o)
	if !asked.IsZero() && (r.lastEnd.IsZero() || !r.lastEnd.Before(asked)) {
		return
	}
	p.Ended, p.RunStart, p.RunEnd, p.ExitCode = true, r.lastStart, r.lastEnd, r.exitCode
	if phase == "Failed" && p.ExitCode == 0 {
		p.ExitCode = 1 // evicted, or refused by its node
	}
}

// runs is what the main containers of a pod tell together.
type runs struct {
	first              time.Time // when the first container started; restarted ones do not tell
	lastStart, lastEnd time.Time // of the container that ended last
	exitCode           int32     // the first that is not 0
	restarts           int32     // the most
	crashed            time.Duration
	crashCode          int32
}

func runsOf(o map[string]any) runs {
	var r runs
	for _, c := range kube.List(o, "status", "containerStatuses") {
		restarts := int32(min(max(number(kube.Field(c, "restartCount")), 0), 1<<20))
		r.restarts = max(r.restarts, restarts)
		start := at(c, "state", "running", "startedAt")
		if ended := kube.Map(c, "state", "terminated"); ended != nil {
			start = at(ended, "startedAt")
			if end := at(ended, "finishedAt"); !end.Before(r.lastEnd) {
				r.lastStart, r.lastEnd = start, end
			}
			if r.exitCode == 0 {
				r.exitCode = exitCode(ended)
			}
		}
		if restarts == 0 && !start.IsZero() && (r.first.IsZero() || start.Before(r.first)) {
			r.first = start
		}
		if last := kube.Map(c, "lastState", "terminated"); last != nil && restarts == r.restarts {
			from, to := at(last, "startedAt"), at(last, "finishedAt")
			if !from.IsZero() && to.After(from) {
				r.crashed, r.crashCode = to.Sub(from), exitCode(last)
			}
		}
	}
	return r
}

func exitCode(state map[string]any) int32 {
	code := number(state["exitCode"])
	if code < 0 || code > 255 { // Windows has others
		return 1
	}
	return int32(code)
}
