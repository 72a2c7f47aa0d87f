package process

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/errdefs"
	"github.com/virtual-kubelet/virtual-kubelet/node/api"
	"github.com/virtual-kubelet/virtual-kubelet/node/nodeutil"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
)

// machine is a node with a provider, and an API that has the pods which a test adds.
type machine struct {
	t    *testing.T
	p    *provider
	pods cache.Indexer
	maps cache.Indexer
	keys cache.Indexer

	mu     sync.Mutex
	events []string
	told   map[string][]corev1.PodStatus
}

func newMachine(t *testing.T, change func(*Config)) *machine {
	t.Helper()
	index := func() cache.Indexer {
		return cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	}
	m := &machine{t: t, pods: index(), maps: index(), keys: index(), told: map[string][]corev1.PodStatus{}}
	config := Config{Dir: filepath.Join(t.TempDir(), "pods"), Images: map[string][]string{"sh*": {}, "shell": {"sh", "-c"}}}
	config.Event = func(_ *corev1.Pod, _, reason, note string) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.events = append(m.events, reason+": "+note)
	}
	if change != nil {
		change(&config)
	}
	made, _, err := New(config)(nodeutil.ProviderConfig{
		Pods:       corev1listers.NewPodLister(m.pods),
		ConfigMaps: corev1listers.NewConfigMapLister(m.maps), Secrets: corev1listers.NewSecretLister(m.keys),
	})
	if err != nil {
		t.Fatal(err)
	}
	m.p = made.(*provider)
	ctx, cancel := context.WithCancel(context.Background())
	m.p.NotifyPods(ctx, func(pod *corev1.Pod) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.told[pod.Name] = append(m.told[pod.Name], pod.Status)
	})
	t.Cleanup(func() {
		cancel()
		_ = m.p.Close()
	})
	return m
}

// named is an object that a test may make.
var named = corev1.LocalObjectReference{Name: "m"}

var uids int

// create makes a pod of one container that runs a script, and lets the node run it.
func (m *machine) create(name, script string, change func(*corev1.Pod)) *corev1.Pod {
	m.t.Helper()
	uids++
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID("uid-" + strconv.Itoa(uids))},
		Spec:       corev1.PodSpec{RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{scripted("main", script)}},
	}
	if change != nil {
		change(pod)
	}
	if err := m.pods.Add(pod); err != nil {
		m.t.Fatal(err)
	}
	if err := m.p.CreatePod(m.t.Context(), pod); err != nil {
		m.t.Fatal(err)
	}
	return pod
}

func scripted(name, script string) corev1.Container {
	return corev1.Container{Name: name, Image: "sh:1", Command: []string{"sh"}, Args: []string{"-c", script}}
}

func (m *machine) get(name string) *corev1.Pod {
	m.t.Helper()
	pod, err := m.p.GetPod(m.t.Context(), "default", name)
	if err != nil {
		m.t.Fatal(err)
	}
	return pod
}

// await waits until a pod is as it shall be, for at most twenty seconds.
func (m *machine) await(name, what string, is func(*corev1.Pod) bool) *corev1.Pod {
	m.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		pod := m.get(name)
		if is(pod) {
			return pod
		}
		if time.Now().After(end) {
			m.t.Fatalf("pod %s is not %s: %+v", name, what, pod.Status)
		}
	}
}

func phase(want corev1.PodPhase) func(*corev1.Pod) bool {
	return func(pod *corev1.Pod) bool { return pod.Status.Phase == want }
}

func (m *machine) log(pod, container string, o api.ContainerLogOpts) string {
	m.t.Helper()
	r, err := m.p.GetContainerLogs(m.t.Context(), "default", pod, container, o)
	if err != nil {
		m.t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(b)
}

func (m *machine) delete(pod *corev1.Pod, grace int64) {
	m.t.Helper()
	pod = pod.DeepCopy()
	now := metav1.Now()
	pod.DeletionTimestamp, pod.DeletionGracePeriodSeconds = &now, &grace
	if err := m.pods.Update(pod); err != nil {
		m.t.Fatal(err)
	}
	if err := m.p.DeletePod(m.t.Context(), pod); err != nil {
		m.t.Fatal(err)
	}
}

func TestRuns(t *testing.T) {
	m := newMachine(t, nil)
	m.create("three", "echo hi; echo oh >&2; exit 3", nil)
	pod := m.await("three", "over", phase(corev1.PodFailed))
	ended := pod.Status.ContainerStatuses[0].State.Terminated
	if ended == nil || ended.ExitCode != 3 || ended.Reason != "Error" || ended.FinishedAt.Before(&ended.StartedAt) {
		t.Errorf("it ended %+v", ended)
	}
	if log := m.log("three", "main", api.ContainerLogOpts{}); log != "hi\noh\n" {
		t.Errorf("its log is %q", log)
	}
	m.create("good", "exit 0", nil)
	pod = m.await("good", "over", phase(corev1.PodSucceeded))
	if ended := pod.Status.ContainerStatuses[0].State.Terminated; ended.Reason != "Completed" {
		t.Errorf("it ended %+v", ended)
	}
	m.create("image", "", func(pod *corev1.Pod) {
		pod.Spec.Containers[0] = corev1.Container{Name: "main", Image: "shell", Args: []string{"echo image; kill -9 $$$$"}}
	})
	pod = m.await("image", "over", phase(corev1.PodFailed))
	if ended := pod.Status.ContainerStatuses[0].State.Terminated; ended.ExitCode != 137 || ended.Signal != 9 {
		t.Errorf("it ended %+v", ended)
	}
	m.create("none", "", func(pod *corev1.Pod) { pod.Spec.Containers[0].Command = []string{"no-such-program"} })
	pod = m.await("none", "over", phase(corev1.PodFailed))
	if ended := pod.Status.ContainerStatuses[0].State.Terminated; ended.ExitCode != 128 || ended.Reason != "StartError" {
		t.Errorf("it ended %+v", ended)
	}
}

func TestRefusals(t *testing.T) {
	m := newMachine(t, nil)
	m.create("image", "", func(pod *corev1.Pod) { pod.Spec.Containers[0].Image = "nginx" })
	pod := m.await("image", "waiting for its image", func(pod *corev1.Pod) bool {
		s := pod.Status.ContainerStatuses
		return len(s) > 0 && s[0].State.Waiting != nil && s[0].State.Waiting.Reason == "ErrImagePull"
	})
	w := pod.Status.ContainerStatuses[0].State.Waiting
	if !strings.Contains(w.Message, `such as "nginx": []`) || pod.Status.Phase != corev1.PodPending {
		t.Errorf("it waits: %+v, %s", w, pod.Status.Phase)
	}
	m.create("volume", "", func(pod *corev1.Pod) {
		pod.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
	})
	pod = m.await("volume", "refused", phase(corev1.PodFailed))
	if pod.Status.Reason != "ProcessUnsupported" || !strings.Contains(pod.Status.Message, "data at /data") {
		t.Errorf("it is refused: %s, %s", pod.Status.Reason, pod.Status.Message)
	}
	if _, err := m.p.GetContainerLogs(t.Context(), "default", "volume", "main", api.ContainerLogOpts{}); !errdefs.IsNotFound(err) {
		t.Errorf("its log: %v", err)
	}
	m.create("map", "", func(pod *corev1.Pod) {
		pod.Spec.Containers[0].EnvFrom = []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: named}}}
	})
	m.await("map", "waiting for a ConfigMap", func(pod *corev1.Pod) bool {
		s := pod.Status.ContainerStatuses
		return len(s) > 0 && s[0].State.Waiting != nil && s[0].State.Waiting.Reason == "CreateContainerConfigError"
	})
}

func TestEnvironment(t *testing.T) {
	m := newMachine(t, func(c *Config) { c.Env = map[string]string{"GLOBAL": "g", "A": "overridden"} })
	meta := metav1.ObjectMeta{Namespace: "default", Name: "m"}
	if err := errors.Join(m.maps.Add(&corev1.ConfigMap{ObjectMeta: meta, Data: map[string]string{"K": "map"}}),
		m.keys.Add(&corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{"s": []byte("secret")}})); err != nil {
		t.Fatal(err)
	}
	m.create("env", "", func(pod *corev1.Pod) {
		c := &pod.Spec.Containers[0]
		c.EnvFrom = []corev1.EnvFromSource{{Prefix: "P_", ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: named}}}
		c.Env = []corev1.EnvVar{
			{Name: "A", Value: "a"}, {Name: "B", Value: "$(A)-$(P_K)-$$(A)"},
			{Name: "S", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: named, Key: "s"}}},
			{Name: "N", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}},
		}
		c.Args = []string{"-c", `echo '$(B)' "$S $N $GLOBAL $HOSTNAME $0"; pwd; env | grep -c SIMK_TEST`, "$(NONE)"}
		c.WorkingDir = "work/deep"
	})
	t.Setenv("SIMK_TEST", "not for them")
	m.await("env", "over", phase(corev1.PodFailed)) // grep -c finds none
	log := strings.Split(m.log("env", "main", api.ContainerLogOpts{}), "\n")
	if log[0] != "a-map-$(A) secret env g env $(NONE)" || !strings.HasSuffix(log[1], "/main/work/deep") || log[2] != "0" {
		t.Errorf("it says %q", log)
	}
}

func TestDeletion(t *testing.T) {
	m := newMachine(t, nil)
	polite := m.create("polite", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done", nil)
	stubborn := m.create("stubborn", "trap '' TERM; echo up; sleep 100 & echo $!; while :; do sleep 1; done", nil)
	for _, name := range []string{"polite", "stubborn"} {
		m.await(name, "up", func(*corev1.Pod) bool { return strings.HasPrefix(m.log0(name), "up\n") })
	}
	m.await("stubborn", "speaking", func(*corev1.Pod) bool { return strings.Count(m.log0("stubborn"), "\n") == 2 })
	m.delete(polite, 30)
	pod := m.await("polite", "over", phase(corev1.PodSucceeded))
	if log := m.log("polite", "main", api.ContainerLogOpts{}); log != "up\nbye\n" {
		t.Errorf("polite says %q, %+v", log, pod.Status)
	}
	began := time.Now()
	m.delete(stubborn, 1)
	pod = m.await("stubborn", "over", phase(corev1.PodFailed))
	if took := time.Since(began); took < 900*time.Millisecond || pod.Status.ContainerStatuses[0].State.Terminated.ExitCode != 137 {
		t.Errorf("stubborn ended after %v: %+v", took, pod.Status.ContainerStatuses[0].State.Terminated)
	}
	child, err := strconv.Atoi(strings.Fields(m.log("stubborn", "main", api.ContainerLogOpts{}))[1])
	if err != nil {
		t.Fatal(err)
	}
	if !gone(child) {
		t.Errorf("its child %d lives on", child)
	}
	// The API forgets them: so does the node, and their folders go.
	for _, pod := range []*corev1.Pod{polite, stubborn} {
		_ = m.pods.Delete(pod)
		if err := m.p.DeletePod(t.Context(), pod); err != nil {
			t.Error(err)
		}
		if _, err := m.p.GetPod(t.Context(), "default", pod.Name); !errdefs.IsNotFound(err) {
			t.Errorf("%s is there: %v", pod.Name, err)
		}
	}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if left, err := os.ReadDir(m.p.config.Dir); err != nil || len(left) == 0 || time.Now().After(end) {
			if err != nil || len(left) > 0 {
				t.Errorf("folders: %v, %v", left, err)
			}
			break
		}
	}
}

// gone says whether a process is over, or will be as soon as somebody asks for it.
func gone(pid int) bool {
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if syscall.Kill(pid, 0) != nil || err == nil && strings.Contains(string(stat), ") Z ") {
			return true
		}
	}
	return false
}

func TestClose(t *testing.T) {
	m := newMachine(t, nil)
	m.create("endless", "trap '' TERM; echo $$$$; sleep 1000", nil)
	m.await("endless", "speaking", func(*corev1.Pod) bool { return strings.Contains(m.log0("endless"), "\n") })
	pid, err := strconv.Atoi(strings.TrimSpace(m.log0("endless")))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.p.Close(); err != nil {
		t.Error(err)
	}
	if !gone(pid) {
		t.Error("the process lives on")
	}
	if _, err := os.Stat(m.p.config.Dir); !os.IsNotExist(err) {
		t.Errorf("the folder: %v", err)
	}
	if err := m.p.CreatePod(t.Context(), &corev1.Pod{}); err == nil {
		t.Error("a pod was taken")
	}
}

// log0 is a log, or nothing.
func (m *machine) log0(pod string) string {
	r, err := m.p.GetContainerLogs(m.t.Context(), "default", pod, "main", api.ContainerLogOpts{})
	if err != nil {
		return ""
	}
	defer r.Close()
	b, _ := io.ReadAll(r)
	return string(b)
}
