package recorder

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/sim/printable"
)

const (
	// failingMost is how many pods of a workload may fail within failingWithin before that is
	// worth a word: real clients are slowed down long before.
	failingMost   = 1000
	failingWithin = time.Minute
	// keptFailingFast is of how many such workloads a run keeps that; the report shows fewer.
	keptFailingFast = 1000
)

// failingPods counts the pods that failed in the present minute of virtual time, by workload. A
// controller that makes a pod anew as soon as one has failed, such as a ReplicaSet whose
// pods name a node without room, makes one each virtual millisecond here: the run crawls.
type failingPods struct {
	minute time.Duration // its beginning
	counts map[failingOwner]int
	known  map[failingOwner]*history.FailingFast // those of which something was said
	// tell is told of each workload once; nil: nobody.
	tell func(string)
}

type failingOwner struct{ namespace, owner string }

// podFailed counts a pod that has failed. r.mu is held.
func (r *Recorder) podFailed(h *history.Pod, p *corev1.Pod, now time.Duration) {
	if strings.HasPrefix(h.Owner, "Pod/") {
		return // nobody makes it anew
	}
	f := &r.failing
	if minute := now.Truncate(failingWithin); f.counts == nil || f.minute != minute {
		f.minute, f.counts = minute, map[failingOwner]int{}
	}
	key := failingOwner{h.Namespace, h.Owner}
	f.counts[key]++
	n := f.counts[key]
	if n <= failingMost {
		return
	}
	if known := f.known[key]; known != nil {
		known.Failed = max(known.Failed, n)
		return
	}
	if len(f.known) == keptFailingFast {
		return
	}
	if f.known == nil {
		f.known = map[failingOwner]*history.FailingFast{}
	}
	reason := failureOf(p)
	f.known[key] = &history.FailingFast{At: now, Namespace: h.Namespace, Owner: h.Owner, Failed: n, Reason: reason}
	r.history.FailingFast = append(r.history.FailingFast, f.known[key])
	if f.tell != nil {
		f.tell(fmt.Sprintf("%d pods of %s in namespace %s failed within a minute of virtual time, "+
			"and each is made again at once, which makes the run slow: %s",
			n, printable.Escape(h.Owner), printable.Escape(h.Namespace), printable.Escape(reason)))
	}
}

// failureOf is why a pod failed: what its node said, else how its first container ended.
func failureOf(p *corev1.Pod) string {
	if p.Status.Reason != "" || p.Status.Message != "" {
		return strings.Trim(p.Status.Reason+": "+p.Status.Message, ": ")
	}
	for _, c := range p.Status.ContainerStatuses {
		if t := c.State.Terminated; t != nil && t.ExitCode != 0 {
			return fmt.Sprintf("container %s ended with exit code %d (%s)", c.Name, t.ExitCode, cmp.Or(t.Reason, "no reason"))
		}
	}
	return "no reason given"
}
