package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
)

// retry is when to look again for what a container lacks, such as a ConfigMap.
const retry = 10 * time.Second

// exitStart is the exit code of a container whose command could not be started.
const exitStart = 128

// run is one run of a container.
type run struct {
	child   *child
	over    bool
	started time.Time
	log     logFile
}

// container is what has become of one container.
type container struct {
	pod           *pod
	spec          *corev1.Container
	init, sidecar bool

	run, previous *run // the last ones
	starts        int32
	exit          exit // of the last run, or of the attempt to start it
	last          *corev1.ContainerStateTerminated
	before        *corev1.ContainerStateTerminated // the one before last
	done          bool                             // ended for good
	notBefore     time.Time                        // it is not started again; zero: at any time
	waiting       corev1.ContainerStateWaiting     // why it waits, if it does

	asked   bool      // it was asked to end
	renewBy time.Time // it is to be restarted, with another definition, and killed then; zero: no
}

func (c *container) running() bool { return c.run != nil && !c.run.over }

// look hears whether the container has ended.
func (c *container) look(now time.Time) {
	if !c.running() {
		return
	}
	e, over := c.run.child.ended()
	c.run.log.look(now, c.pod.provider.config.LogLimit)
	switch {
	case over:
		c.run.over = true
		c.ended(now, c.run.started, e, "", "")
	case !c.renewBy.IsZero():
		c.end(!now.Before(c.renewBy))
	}
}

// start starts the container if that is due.
func (c *container) start(now time.Time) {
	if now.Before(c.notBefore) {
		return
	}
	x, p := c.pod, c.pod.provider
	image, known := p.config.command(c.spec.Image)
	if !known {
		c.unpulled(now)
		return
	}
	argv, env, dir, err := c.prepare(image)
	if err != nil {
		c.wait("CreateContainerConfigError", err.Error(), now.Add(retry))
		return
	}
	if c.last != nil && c.renewBy.IsZero() {
		p.backOff.Next(c.backOffID(), c.last.FinishedAt.Time)
	}
	log := logFile{path: filepath.Join(x.dir, fmt.Sprintf("%s.%d.log", c.spec.Name, c.starts))}
	out, err := os.OpenFile(log.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		c.wait("CreateContainerError", err.Error(), now.Add(retry))
		return
	}
	defer out.Close()
	if c.previous != nil {
		_ = os.Remove(c.previous.log.path)
	}
	child, err := start(argv, env, dir, nil, out, out)
	c.previous, c.run = c.run, &run{child: child, over: err != nil, started: now, log: log}
	c.starts++
	c.renewBy, c.asked, c.notBefore, x.changed = time.Time{}, false, time.Time{}, true
	if err != nil {
		message := fmt.Sprintf("start %q: %v", argv, err)
		p.config.Event(x.api, corev1.EventTypeWarning, "Failed", "Error: "+message)
		c.ended(now, now, exit{code: exitStart}, "StartError", message)
		return
	}
	p.config.Event(x.api, corev1.EventTypeNormal, "Started", "Started container "+c.spec.Name)
}

// prepare finds out what is to be started, and where.
func (c *container) prepare(image []string) (words, env []string, dir string, err error) {
	dir = filepath.Join(c.pod.dir, c.spec.Name)
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, nil, "", err
	}
	env, own, err := c.pod.provider.environment(c.pod.api, c.spec, dir)
	if err != nil {
		return nil, nil, "", err
	}
	if dir, err = workingDir(c.spec, dir); err != nil {
		return nil, nil, "", err
	}
	words = argv(image, c.spec, own)
	if len(words) == 0 {
		err = fmt.Errorf("no command specified: neither the container has one nor image %q in the node's table of images", c.spec.Image)
	}
	return words, env, dir, err
}

// unpulled lets the container wait for an image that there is not.
func (c *container) unpulled(now time.Time) {
	message := fmt.Sprintf("image %q is not in the node's table of images: add it to images of the node's behaviour, "+
		"with the command that it stands for, such as %q: []", c.spec.Image, c.spec.Image)
	reason, wait := "ErrImagePull", backOffInitial
	if c.waiting.Reason == reason || c.waiting.Reason == "ImagePullBackOff" {
		reason, wait = "ImagePullBackOff", backOffMax
	} else {
		c.pod.provider.config.Event(c.pod.api, corev1.EventTypeWarning, "Failed", "Failed to pull image: "+message)
	}
	c.wait(reason, message, now.Add(wait))
}

func (c *container) wait(reason, message string, until time.Time) {
	c.pod.changed = c.pod.changed || c.waiting.Reason != reason || c.waiting.Message != message
	c.waiting, c.notBefore = corev1.ContainerStateWaiting{Reason: reason, Message: message}, until
}

// ended records the end of a run and says what follows.
func (c *container) ended(now, started time.Time, e exit, reason, message string) {
	x, p := c.pod, c.pod.provider
	if reason == "" {
		reason = "Error"
		if e.code == 0 {
			reason = "Completed"
		}
	}
	c.exit, c.before = e, c.last
	c.last = &corev1.ContainerStateTerminated{
		ExitCode: e.code, Signal: e.signal, Reason: reason, Message: message,
		StartedAt: metav1.NewTime(started), FinishedAt: metav1.NewTime(now),
	}
	c.waiting, x.changed = corev1.ContainerStateWaiting{}, true
	switch {
	case !c.renewBy.IsZero() && !x.stopping:
		c.notBefore = now
		return
	case x.stopping || !c.restarts(e.code):
		c.done = true
		return
	}
	c.notBefore = now.Add(time.Millisecond) // its end is reported before
	if id := c.backOffID(); p.backOff.IsInBackOffSince(id, now) {
		left := p.backOff.Get(id)
		c.wait("CrashLoopBackOff", fmt.Sprintf("back-off %v restarting failed container=%s pod=%s_%s(%s)",
			left, c.spec.Name, x.api.Name, x.api.Namespace, x.api.UID), now.Add(left))
		p.config.Event(x.api, corev1.EventTypeWarning, "BackOff", "Back-off restarting failed container "+c.spec.Name)
	}
}

// restarts says whether the container is started again after it ended with a code.
func (c *container) restarts(code int32) bool {
	if !c.init || c.sidecar || c.spec.RestartPolicy != nil {
		return podutil.ContainerShouldRestart(*c.spec, c.pod.api.Spec, code)
	}
	return code != 0 && c.pod.api.Spec.RestartPolicy != corev1.RestartPolicyNever
}

// end asks the container to end, once, or kills it.
func (c *container) end(kill bool) {
	switch {
	case !c.running():
	case kill:
		c.run.child.kill()
	case !c.asked:
		c.asked = true
		c.pod.provider.config.Event(c.pod.api, corev1.EventTypeNormal, "Killing", "Stopping container "+c.spec.Name)
		c.run.child.ask()
	}
}

// renew lets the container begin anew with another image: that is no crash.
func (c *container) renew(now time.Time) {
	if c.pod.stopping || c.done {
		return
	}
	c.pod.provider.backOff.DeleteEntry(c.backOffID())
	c.notBefore = time.Time{}
	if c.running() {
		c.renewBy = now.Add(grace(c.pod.api))
	}
}

func (c *container) backOffID() string { return fmt.Sprintf("%d/%s", c.pod.seq, c.spec.Name) }

func stamp(t time.Time) *metav1.Time {
	m := metav1.NewTime(t)
	return &m
}

// status is what is reported of the container.
func (c *container) status() corev1.ContainerStatus {
	s := corev1.ContainerStatus{Name: c.spec.Name, Image: c.spec.Image, ImageID: c.spec.Image, RestartCount: max(c.starts-1, 0)}
	up := c.running()
	s.Started = &up
	id := func(start int32) string { return fmt.Sprintf("process://%06d.%s.%d", c.pod.seq, c.spec.Name, start) }
	terminated := func(t *corev1.ContainerStateTerminated, start int32) *corev1.ContainerStateTerminated {
		if t == nil {
			return nil
		}
		t = t.DeepCopy()
		t.ContainerID = id(start)
		return t
	}
	if c.starts > 0 {
		s.ContainerID = id(c.starts - 1)
	}
	switch {
	case up:
		s.Ready = !c.init || c.sidecar
		s.State.Running = &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(c.run.started)}
		s.LastTerminationState.Terminated = terminated(c.last, c.starts-2)
	case c.done:
		s.Ready = c.init && c.exit.code == 0
		s.State.Terminated = terminated(c.last, c.starts-1)
		s.LastTerminationState.Terminated = terminated(c.before, c.starts-2)
	case c.waiting.Reason == "" && c.last != nil: // it is started again at once
		s.State.Terminated = terminated(c.last, c.starts-1)
		s.LastTerminationState.Terminated = terminated(c.before, c.starts-2)
	default:
		waiting := c.waiting
		if waiting.Reason == "" {
			waiting.Reason = "PodInitializing"
			if len(c.pod.all) == len(c.pod.mains) {
				waiting.Reason = "ContainerCreating"
			}
		}
		s.State.Waiting = &waiting
		s.LastTerminationState.Terminated = terminated(c.last, c.starts-1)
	}
	return s
}
