package images

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"simk.dev/simk/vnode"
)

var start = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func podOf(c corev1.Container) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "n", UID: "u", Annotations: map[string]string{"index": "3"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{c}, Volumes: []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}, {Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{}}}}},
	}
}

func known(t *testing.T) *Known {
	t.Helper()
	k, err := New("", nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// sh is a container of a shell script.
func sh(script string) corev1.Container {
	return corev1.Container{Name: "c", Image: "registry.k8s.io/e2e-test-images/busybox:1.37@sha256:0", Command: []string{"/bin/sh", "-c"}, Args: []string{script}}
}

func TestScripts(t *testing.T) {
	for script, want := range map[string]struct {
		ends  bool
		after time.Duration
		code  int32
	}{
		"exit 1":                            {true, 0, 1},
		"true":                              {true, 0, 0},
		"sleep 10; exit 3":                  {true, 10 * time.Second, 3},
		"sleep 1m && false":                 {true, time.Minute, 1},
		"set -e; false; sleep 5":            {true, 0, 1},
		"for i in 1 2 3; do sleep $i; done": {true, 6 * time.Second, 0},
		"exit $(expr 7 % 2)":                {true, 0, 1},
		"if [ -e /tmp/x ]; then exit 1; fi; touch /tmp/x; test -f /tmp/x": {true, 0, 0},
		"echo ok > /tmp/health; grep x":                                   {}, // nobody knows grep
		"sh -c 'sleep 2; exit 5'":                                         {true, 2 * time.Second, 5},
		"trap 'exit 0' TERM; sleep 5":                                     {true, 5 * time.Second, 0},
		"cat /missing":                                                    {true, 0, 1},
		"exit (":                                                          {true, 0, 2},
	} {
		c := sh(script)
		run, ok := known(t).Start(podOf(c), &c, start)
		if ok != want.ends || run.Ends != want.ends || run.After != want.after || run.Code != want.code {
			t.Errorf("%s: %t %+v, want %+v", script, ok, run, want)
		}
	}
}

func TestScriptsThatDoNotEnd(t *testing.T) {
	for _, script := range []string{
		"sleep infinity", "while true; do sleep 1; done", "while true; do :; done", "while [[ 1 ]]; do x=1; done",
		"f() { f; }; f", "x=a; while true; do x=$x$x; done", "set -- a; while :; do set -- $* $*; done", "x=a; for i in 1 2 3 4 5; do for j in 1 2 3 4 5 6 7; do x=$(echo $x $x); done; done", "tail -f /dev/null", "sleep 100000000000", "sleep 300000000d",
	} {
		c := sh(script)
		if run, ok := known(t).Start(podOf(c), &c, start); !ok || run.Ends {
			t.Errorf("%s: %t %+v", script, ok, run)
		}
	}
}

// Nobody knows what needs pipes, input or other processes, or files that are not there.
func TestScriptsOfWhichNothingIsKnown(t *testing.T) {
	for _, script := range []string{"echo a | cat", "sleep 5 &", "cat <<EOF\nx\nEOF", "read x", "cat < /etc/passwd", "diff <(echo a) <(echo b)", "for ((;;)); do :; done", "while ((1)); do ((x++)); done", "exit $((1/0))", "for i in $(seq 1 9); do echo $i; done", "sh /tmp/r", "cat /dev/zero > /tmp/x", "printf %999999d 1", "for i in {1..1000000000}; do :; done", "x=aaaa; y=${x//a/$x}", ". /etc/profile", "curl x", "ls *"} {
		c := sh(script)
		if run, ok := known(t).Start(podOf(c), &c, start); ok {
			t.Errorf("%s: %+v", script, run)
		}
	}
	c := sh("cat /config/key")
	c.VolumeMounts = []corev1.VolumeMount{{Name: "config", MountPath: "/config"}}
	if run, ok := known(t).Start(podOf(c), &c, start); ok {
		t.Errorf("a ConfigMap's file: %+v", run)
	}
}

// What a script writes to a volume is there when it runs again, what it writes beside is not.
func TestVolumesOutliveARun(t *testing.T) {
	k := known(t)
	c := sh("if [[ -r /data/done ]]; then exit 0; fi; touch /data/done /tmp/done; exit 42")
	c.VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
	pod := podOf(c)
	first, _ := k.Start(pod, &c, start)
	second, _ := k.Start(pod, &c, start.Add(time.Second))
	if first.Code != 42 || second.Code != 0 {
		t.Errorf("exits with %d and %d, want 42 and 0", first.Code, second.Code)
	}
	k.Forget(pod.UID)
	if third, _ := k.Start(pod, &c, start.Add(time.Minute)); third.Code != 42 {
		t.Errorf("a new pod exits with %d", third.Code)
	}
}

func TestMessages(t *testing.T) {
	c := sh("/bin/echo -n DONE > /dev/termination-log; sleep 1")
	if run, _ := known(t).Start(podOf(c), &c, start); run.Message != "DONE" {
		t.Errorf("message %q", run.Message)
	}
	c = sh("/bin/echo -n DONE > /dev/termination-custom-log")
	c.TerminationMessagePath = "/dev/termination-custom-log"
	if run, _ := known(t).Start(podOf(c), &c, start); run.Message != "DONE" {
		t.Errorf("message %q of another file", run.Message)
	}
	c = sh("echo bad; exit 1")
	c.TerminationMessagePolicy = corev1.TerminationMessageFallbackToLogsOnError
	if run, _ := known(t).Start(podOf(c), &c, start); strings.TrimSpace(run.Message) != "bad" {
		t.Errorf("message %q", run.Message)
	}
}

func TestEnvironment(t *testing.T) {
	c := sh("exit $INDEX")
	c.Env = []corev1.EnvVar{{Name: "INDEX", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.annotations['index']"}}}}
	if run, _ := known(t).Start(podOf(c), &c, start); run.Code != 3 {
		t.Errorf("exits with %d", run.Code)
	}
	c = corev1.Container{Image: "busybox", Command: []string{"sleep", "$(LONG)"}, Env: []corev1.EnvVar{{Name: "LONG", Value: "7"}}}
	if run, _ := known(t).Start(podOf(c), &c, start); run.After != 7*time.Second {
		t.Errorf("ends after %v", run.After)
	}
}

func TestProbesOfServers(t *testing.T) {
	c := corev1.Container{Image: "registry.k8s.io/e2e-test-images/agnhost:2.53", Args: []string{"liveness"}, Ports: []corev1.ContainerPort{{Name: "web", ContainerPort: 8080}}}
	run, ok := known(t).Start(podOf(c), &c, start)
	if !ok || run.Ends {
		t.Fatalf("%t %+v", ok, run)
	}
	get := func(path string, port intstr.IntOrString) *corev1.Probe {
		return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: port}}}
	}
	tcp := func(port int32) *corev1.Probe {
		return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(port)}}}
	}
	for _, one := range []struct {
		probe *corev1.Probe
		after time.Duration
		want  bool
	}{
		{get("/healthz", intstr.FromString("web")), 5 * time.Second, true},
		{get("/healthz", intstr.FromInt32(8080)), 11 * time.Second, false},
		{get("/nothing", intstr.FromInt32(8080)), 5 * time.Second, false},
		{get("/healthz", intstr.FromInt32(81)), 5 * time.Second, false},
		{tcp(8080), time.Hour, true},
		{tcp(1), 0, false},
	} {
		if got := run.Answers(one.probe, start.Add(one.after)); got != one.want {
			t.Errorf("%+v after %v: %t", one.probe.ProbeHandler, one.after, got)
		}
	}
}

func TestProbesThatRunCommands(t *testing.T) {
	c := sh("echo ok >/tmp/health; sleep 10; rm -rf /tmp/health; sleep 600")
	run, _ := known(t).Start(podOf(c), &c, start)
	probe := &corev1.Probe{ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"cat", "/tmp/health"}}}, TimeoutSeconds: 1}
	if !run.Answers(probe, start.Add(9*time.Second)) || run.Answers(probe, start.Add(11*time.Second)) {
		t.Error("the probe does not follow the file")
	}
	if last := run.Changes[len(run.Changes)-1]; last.Sub(start) != 10*time.Second {
		t.Errorf("the last change is after %v", last.Sub(start))
	}
	probe.Exec.Command = []string{"sleep", "5"}
	if run.Answers(probe, start) {
		t.Error("a probe that takes longer than its timeout succeeds")
	}
}

func TestPulls(t *testing.T) {
	k := known(t)
	for image, want := range map[string]bool{
		"nginx": true, "registry.k8s.io/pause:3.10": true, "invalid.registry.k8s.io/invalid/alpine:3.1": false, "localhost:5000/busybox": true,
		"foo:non-existent": false, "foo": true, "foo@sha256:0": true,
	} {
		if k.Pulls(image) != want {
			t.Errorf("%s: %t", image, !want)
		}
	}
}

func TestOwnTable(t *testing.T) {
	k, err := New("own.yaml", []byte("images: [{name: job, entrypoint: [/job], programs: [{args: [job], for: 3m, exit: 4}]}]\nunpullable: [\"gone/*\"]"))
	if err != nil {
		t.Fatal(err)
	}
	c := corev1.Container{Image: "gone/job:1"}
	if run, ok := k.Start(podOf(c), &c, start); !ok || run.After != 3*time.Minute || run.Code != 4 || k.Pulls(c.Image) {
		t.Errorf("%t %+v", ok, run)
	}
	for _, bad := range []string{"image: []", "images: [{}]", "images: [{name: a, programs: [{}]}]", "unpullable: [\"[\"]", "images: [{name: a, programs: [{args: [a], for: -5s}]}]", "images: [{name: a, programs: [{args: [a], exit: 999}]}]"} {
		if _, err := New("own.yaml", []byte(bad)); err == nil || !strings.Contains(err.Error(), "own.yaml") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

var _ vnode.Programs = (*Known)(nil)
