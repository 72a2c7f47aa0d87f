package process

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"simk.dev/simk/sim/process"
	"simk.dev/simk/vnode/internal/podstatus"
)

// pod is a pod and its processes. provider.mu guards it.
type pod struct {
	provider *provider
	api      *corev1.Pod // as last reported
	seq      int
	dir      string
	all      []*container // init containers, then main ones
	mains    []*container

	// begun: its folder was made; initialized: its main containers were let start; changed:
	// there is something to report.
	begun, initialized, changed bool
	// stopping: all is to end; finished: all has, for good.
	stopping, finished bool
	killAt             time.Time
	reason, message    string // of one that was ended
}

func newPod(p *provider, api *corev1.Pod, seq int) *pod {
	x := &pod{provider: p, api: api.DeepCopy(), seq: seq, dir: filepath.Join(p.config.Dir, fmt.Sprintf("pod-%06d", seq))}
	for i := range x.api.Spec.InitContainers {
		c := &x.api.Spec.InitContainers[i]
		x.all = append(x.all, &container{pod: x, spec: c, init: true, sidecar: podutil.IsRestartableInitContainer(c)})
	}
	for i := range x.api.Spec.Containers {
		c := &container{pod: x, spec: &x.api.Spec.Containers[i]}
		x.all, x.mains = append(x.all, c), append(x.mains, c)
	}
	return x
}

// step does what is due, and says when to look again; zero: when something changes.
func (x *pod) step(now time.Time) time.Time {
	if x.finished {
		return time.Time{}
	}
	if !x.begun && !x.begin(now) {
		return time.Time{}
	}
	for _, c := range x.all {
		c.look(now)
	}
	if at := x.deadline(); !x.stopping && !at.IsZero() && !now.Before(at) {
		x.stop(now, grace(x.api), "DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
	}
	if x.stopping {
		x.stepStop(now)
	} else {
		x.stepRun(now)
	}
	if x.finished {
		return time.Time{}
	}
	return x.due(now)
}

// begin makes the pod's folder, or fails a pod that cannot be run here.
func (x *pod) begin(now time.Time) bool {
	x.begun, x.changed = true, true
	x.api.Status.StartTime = stamp(now)
	message := unsupported(x.api)
	if message == "" {
		if err := os.Mkdir(x.dir, 0o700); err != nil {
			message = fmt.Sprintf("make the pod's folder: %v", err)
		}
	}
	if message != "" && !x.stopping {
		x.finished, x.reason, x.message = true, "ProcessUnsupported", message
		x.provider.config.Event(x.api, corev1.EventTypeWarning, "Failed", message)
	}
	return !x.finished
}

func (x *pod) deadline() time.Time {
	if s := x.api.Spec.ActiveDeadlineSeconds; s != nil && x.api.Status.StartTime != nil {
		return x.api.Status.StartTime.Add(time.Duration(*s) * time.Second)
	}
	return time.Time{}
}

// stepRun starts what may start: init containers in their order, then the main ones.
func (x *pod) stepRun(now time.Time) {
	for _, c := range x.all {
		if !c.init {
			break
		}
		switch {
		case c.done && c.exit.code != 0:
			x.finish()
			return
		case c.done:
		case !c.running():
			c.start(now)
			if up := c.sidecar && c.running(); !up && !x.initialized {
				return
			}
		case !c.sidecar:
			return
		}
	}
	x.initialized = true
	over := true
	for _, c := range x.mains {
		if !c.done && !c.running() {
			c.start(now)
		}
		over = over && c.done
	}
	if over {
		x.stop(now, grace(x.api), "", "") // its sidecars
		x.stepStop(now)
	}
}

// stop ends a pod's containers within a number of seconds, or sooner if it is ended already.
func (x *pod) stop(now time.Time, grace time.Duration, reason, message string) {
	at := now.Add(grace)
	if !x.stopping {
		x.stopping, x.killAt, x.reason, x.message = true, at, reason, message
	} else if at.Before(x.killAt) {
		x.killAt = at
	}
}

// grace is how long the containers of a pod have to end.
func grace(api *corev1.Pod) time.Duration {
	seconds := int64(30)
	if s := api.Spec.TerminationGracePeriodSeconds; s != nil {
		seconds = *s
	}
	if s := api.DeletionGracePeriodSeconds; api.DeletionTimestamp != nil && s != nil {
		seconds = *s
	}
	return time.Duration(max(seconds, 0)) * time.Second
}

// stepStop asks the containers to end, sidecars after all others and in reverse order, and
// kills those that have not in time.
func (x *pod) stepStop(now time.Time) {
	kill, left := !now.Before(x.killAt), false
	for i := len(x.all) - 1; i >= 0; i-- {
		c := x.all[i]
		if c.sidecar || !c.running() {
			continue
		}
		left = true
		c.end(kill)
	}
	for i := len(x.all) - 1; i >= 0 && (!left || kill); i-- {
		if c := x.all[i]; c.sidecar && c.running() {
			left = true
			c.end(kill)
		}
	}
	if !left {
		x.finish()
	}
}

// finish makes a pod one whose containers do nothing any more.
func (x *pod) finish() {
	x.stopping, x.finished, x.changed = true, true, true
	for _, c := range x.all {
		c.done = c.done || c.last != nil
	}
}

// due is when to look next.
func (x *pod) due(now time.Time) time.Time {
	next := time.Time{}
	if !x.stopping {
		next = x.deadline()
	}
	for _, c := range x.all {
		at := c.notBefore
		if c.running() {
			at = now.Add(process.Step)
		}
		if !at.IsZero() && (c.running() || at.After(now)) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// update takes over a pod's definition and metadata.
func (x *pod) update(api *corev1.Pod, now time.Time) {
	status := x.api.Status
	x.api = api.DeepCopy()
	x.api.Status = status
	inits := len(x.api.Spec.InitContainers)
	for i, c := range x.all {
		var spec *corev1.Container
		switch {
		case i < inits:
			spec = &x.api.Spec.InitContainers[i]
		case i-inits < len(x.api.Spec.Containers):
			spec = &x.api.Spec.Containers[i-inits]
		default:
			continue
		}
		if spec.Image != c.spec.Image {
			c.renew(now)
		}
		c.spec = spec
	}
	x.changed = true
}

// forget removes what is left of a pod that has ended.
func (x *pod) forget() {
	for _, c := range x.all {
		x.provider.backOff.DeleteEntry(c.backOffID())
	}
	_ = os.RemoveAll(x.dir) // else the end of the run does
}

// report makes the pod's status of what its containers do.
func (x *pod) report() *corev1.Pod {
	x.changed = false
	s := &x.api.Status
	s.HostIP, s.HostIPs = address, []corev1.HostIP{{IP: address}}
	s.PodIP, s.PodIPs = address, []corev1.PodIP{{IP: address}}
	if x.reason == "ProcessUnsupported" {
		s.PodIP, s.PodIPs = "", nil
		podstatus.Fail(x.api, x.reason, x.message)
		return x.api.DeepCopy()
	}
	s.InitContainerStatuses, s.ContainerStatuses = nil, nil
	for _, c := range x.all {
		if c.init {
			s.InitContainerStatuses = append(s.InitContainerStatuses, c.status())
		} else {
			s.ContainerStatuses = append(s.ContainerStatuses, c.status())
		}
	}
	switch {
	case !x.finished:
		s.Phase = podstatus.Phase(x.api)
	case x.reason != "":
		s.Phase, s.Reason, s.Message = corev1.PodFailed, x.reason, x.message
	default:
		s.Phase = podstatus.LastPhase(x.api)
	}
	podstatus.SetConditions(x.api, x.begun)
	return x.api.DeepCopy()
}
