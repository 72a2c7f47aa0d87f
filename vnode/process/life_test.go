package process

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/node/api"
	corev1 "k8s.io/api/core/v1"
	utilexec "k8s.io/utils/exec"
)

// Init containers run one after the other, a sidecar beside the rest; it ends last.
func TestOrder(t *testing.T) {
	m := newMachine(t, nil)
	always := corev1.ContainerRestartPolicyAlways
	dir := t.TempDir()
	m.create("ordered", "echo main >> "+dir+"/log; sleep 0.2", func(pod *corev1.Pod) {
		side := scripted("side", "trap 'echo end >> "+dir+"/log; exit 0' TERM; echo side >> "+dir+"/log; while :; do sleep 0.05; done")
		side.RestartPolicy = &always
		pod.Spec.InitContainers = []corev1.Container{
			scripted("first", "sleep 0.1; echo first >> "+dir+"/log"), side,
			scripted("second", "sleep 0.2; echo second >> "+dir+"/log; cat "+dir+"/log"),
		}
	})
	pod := m.await("ordered", "over", phase(corev1.PodSucceeded))
	if log := m.log("ordered", "second", api.ContainerLogOpts{}); log != "first\nside\nsecond\n" {
		t.Errorf("the order is %q", log)
	}
	if s := pod.Status.InitContainerStatuses[1].State.Terminated; s == nil || s.ExitCode != 0 {
		t.Errorf("the sidecar: %+v", pod.Status.InitContainerStatuses[1])
	}
	m.create("broken", "true", func(pod *corev1.Pod) { pod.Spec.InitContainers = []corev1.Container{scripted("first", "exit 4")} })
	pod = m.await("broken", "failed", phase(corev1.PodFailed))
	if s := pod.Status; s.InitContainerStatuses[0].State.Terminated.ExitCode != 4 || s.ContainerStatuses[0].State.Waiting == nil {
		t.Errorf("it failed: %+v", s)
	}
}

// The first restart comes at once, the second after ten seconds.
func TestBackOff(t *testing.T) {
	m := newMachine(t, nil)
	m.create("crashing", "echo run; exit 1", func(pod *corev1.Pod) { pod.Spec.RestartPolicy = corev1.RestartPolicyAlways })
	began := time.Now()
	pod := m.await("crashing", "backing off", func(pod *corev1.Pod) bool {
		s := pod.Status.ContainerStatuses
		return len(s) > 0 && s[0].State.Waiting != nil && s[0].State.Waiting.Reason == "CrashLoopBackOff"
	})
	s := pod.Status.ContainerStatuses[0]
	if s.RestartCount != 1 || s.LastTerminationState.Terminated == nil || pod.Status.Phase != corev1.PodRunning {
		t.Errorf("it backs off: %+v", pod.Status)
	}
	if log := m.log("crashing", "main", api.ContainerLogOpts{Previous: true}); log != "run\n" {
		t.Errorf("its previous log is %q", log)
	}
	m.await("crashing", "restarted", func(pod *corev1.Pod) bool { return pod.Status.ContainerStatuses[0].RestartCount == 2 })
	if took := time.Since(began); took < 10*time.Second || took > 18*time.Second {
		t.Errorf("it was restarted after %v", took)
	}
}

func TestActiveDeadline(t *testing.T) {
	m := newMachine(t, nil)
	second := int64(1)
	m.create("late", "sleep 100", func(pod *corev1.Pod) { pod.Spec.ActiveDeadlineSeconds = &second })
	pod := m.await("late", "ended", phase(corev1.PodFailed))
	if pod.Status.Reason != "DeadlineExceeded" || pod.Status.ContainerStatuses[0].State.Terminated.ExitCode != 143 {
		t.Errorf("it ended: %+v", pod.Status)
	}
}

// A new image restarts the container, and that is no crash.
func TestNewImage(t *testing.T) {
	m := newMachine(t, nil)
	pod := m.create("new", "sleep 100", func(pod *corev1.Pod) { pod.Spec.RestartPolicy = corev1.RestartPolicyAlways })
	m.await("new", "running", phase(corev1.PodRunning))
	pod = pod.DeepCopy()
	pod.Spec.Containers[0].Image = "sh:2"
	if err := m.p.UpdatePod(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	m.await("new", "restarted", func(pod *corev1.Pod) bool {
		s := pod.Status.ContainerStatuses[0]
		return s.RestartCount == 1 && s.State.Running != nil && s.Image == "sh:2"
	})
}

func TestLogs(t *testing.T) {
	m := newMachine(t, func(c *Config) { c.LogLimit = minLogLimit })
	m.create("steps", "echo one; sleep 1.2; echo two; sleep 0.2; printf three", nil)
	m.await("steps", "running", phase(corev1.PodRunning))
	if log := m.log("steps", "main", api.ContainerLogOpts{Follow: true}); log != "one\ntwo\nthree" {
		t.Errorf("followed, it says %q", log)
	}
	m.await("steps", "over", phase(corev1.PodSucceeded))
	for want, o := range map[string]api.ContainerLogOpts{
		"two\nthree":          {Tail: 2},
		"three":               {Tail: 1},
		"one\ntwo\nthree":     {Tail: 9},
		"one\nt":              {LimitBytes: 5},
		"two\nthree\x00":      {SinceTime: time.Now().Add(-700 * time.Millisecond)},
		"one\ntwo\nthree\x00": {SinceSeconds: 60},
	} {
		if log := m.log("steps", "main", o); log != strings.TrimSuffix(want, "\x00") {
			t.Errorf("%+v: %q, not %q", o, log, want)
		}
	}
	lines := strings.Split(m.log("steps", "main", api.ContainerLogOpts{Timestamps: true}), "\n")
	var times []time.Time
	for _, line := range lines {
		stamp, _, _ := strings.Cut(line, " ")
		at, err := time.Parse(time.RFC3339Nano, stamp)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		times = append(times, at)
	}
	if len(times) != 3 || times[1].Sub(times[0]) < time.Second || !slices.IsSortedFunc(times, time.Time.Compare) {
		t.Errorf("times are %v", times)
	}
	m.create("much", "i=0; while [ $i -lt 30 ]; do i=$((i+1)); head -c 10000 /dev/zero | tr '\\0' x; echo; sleep 0.03; done; echo last", nil)
	m.await("much", "over", phase(corev1.PodSucceeded))
	log := m.log("much", "main", api.ContainerLogOpts{})
	if !strings.HasPrefix(log, "simk: the first ") || !strings.HasSuffix(log, "x\nlast\n") || len(log) > minLogLimit+chunk {
		t.Errorf("%d bytes are kept: %.100q ... %.20q", len(log), log, log[len(log)-20:])
	}
}

// streams are those of a client.
type streams struct {
	in       io.Reader
	out, err *buffer
	tty      bool
}

type buffer struct{ bytes.Buffer }

func (*buffer) Close() error { return nil }

func (s *streams) Stdin() io.Reader {
	return s.in
}
func (s *streams) Stdout() io.WriteCloser      { return s.out }
func (s *streams) Stderr() io.WriteCloser      { return s.err }
func (s *streams) TTY() bool                   { return s.tty }
func (s *streams) Resize() <-chan api.TermSize { return nil }

func TestExec(t *testing.T) {
	m := newMachine(t, nil)
	m.create("pod", "echo here > file; sleep 100", func(pod *corev1.Pod) {
		pod.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "E", Value: "env"}}
	})
	m.await("pod", "running", phase(corev1.PodRunning))
	s := &streams{in: strings.NewReader(strings.Repeat("input\n", 30_000)), out: &buffer{}, err: &buffer{}}
	err := m.p.RunInContainer(t.Context(), "default", "pod", "main", []string{"sh", "-c", "cat; cat file; echo $E >&2; exit 7"}, s)
	var exit utilexec.ExitError
	if !errors.As(err, &exit) || exit.ExitStatus() != 7 {
		t.Errorf("it ended: %v", err)
	}
	if out := s.out.String(); out != strings.Repeat("input\n", 30_000)+"here\n" || s.err.String() != "env\n" {
		t.Errorf("it said %d bytes, %q", len(out), s.err.String())
	}
	err = m.p.RunInContainer(t.Context(), "default", "pod", "main", []string{"true"}, &streams{tty: true})
	if err == nil || !strings.Contains(err.Error(), "without -t") {
		t.Errorf("a terminal: %v", err)
	}
	s = &streams{out: &buffer{}, err: &buffer{}}
	err = m.p.RunInContainer(t.Context(), "default", "pod", "main", []string{"no-such"}, s)
	if !errors.As(err, &exit) || exit.ExitStatus() != 127 {
		t.Errorf("no program: %v", err)
	}
}

func TestConfig(t *testing.T) {
	images := map[string][]string{"a": {}}
	for name, c := range map[string]*Config{
		"no images": {}, "star": {Images: map[string][]string{"a*b": {}}}, "empty": {Images: map[string][]string{"": {}}},
		"word": {Images: map[string][]string{"a": {""}}}, "variable": {Images: images, Env: map[string]string{"A=": ""}},
		"log": {Images: images, LogLimit: 1},
	} {
		if err := c.Check(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	c := &Config{Images: map[string][]string{"a": {"exact"}, "a*": {"short"}, "abc*": {"long"}}}
	if err := c.Check(); err != nil {
		t.Error(err)
	}
	for image, want := range map[string]string{"a": "exact", "ab": "short", "abcd": "long", "b": ""} {
		if command, known := c.command(image); known != (want != "") || known && command[0] != want {
			t.Errorf("%s is %q, %v", image, command, known)
		}
	}
}
