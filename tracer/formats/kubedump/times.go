package kubedump

import (
	"time"

	"simk.dev/simk/tracer/internal/kube"
)

// Times outside of these are not believed.
var (
	firstKubernetes = time.Date(2014, 6, 1, 0, 0, 0, 0, time.UTC)
	lastBelieved    = time.Date(2190, 1, 1, 0, 0, 0, 0, time.UTC)
)

// at reads the time under a path of keys, the zero time if there is none.
func at(v any, path ...string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, kube.Str(v, path...))
	if err != nil || t.Before(firstKubernetes) || t.After(lastBelieved) {
		return time.Time{}
	}
	return t.UTC()
}

// latest returns the latest time that an object tells of itself: a dump is at
// least as late as that of any of its objects.
func latest(d kube.Document) time.Time {
	last := at(d.Object, "metadata", "creationTimestamp")
	see := func(t time.Time) {
		if t.After(last) {
			last = t
		}
	}
	for _, c := range kube.List(d.Object, "status", "conditions") {
		for _, key := range []string{"lastTransitionTime", "lastHeartbeatTime", "lastUpdateTime", "lastProbeTime"} {
			see(at(c, key))
		}
	}
	for _, key := range []string{"containerStatuses", "initContainerStatuses"} {
		for _, c := range kube.List(d.Object, "status", key) {
			see(at(c, "state", "running", "startedAt"))
			see(at(c, "state", "terminated", "finishedAt"))
		}
	}
	see(at(d.Object, "status", "lastScheduleTime"))
	see(at(d.Object, "status", "completionTime"))
	return last
}

// between is the time from a to b; ok is false where one is not known.
func between(a, b time.Time) (d time.Duration, ok bool) {
	if a.IsZero() || b.IsZero() {
		return 0, false
	}
	return max(b.Sub(a), 0), true // clocks of two machines differ
}
