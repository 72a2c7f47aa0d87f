package interlinkplugin_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/node"
	"github.com/virtual-kubelet/virtual-kubelet/node/api"
	"github.com/virtual-kubelet/virtual-kubelet/node/nodeutil"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/example/interlinkplugin"
	"simk.dev/simk/sim/held"
	"simk.dev/simk/sim/sockets"
	"simk.dev/simk/vnode/interlink"
)

func TestMain(m *testing.M) {
	ctx, cancel := context.WithCancel(context.Background())
	clock.Live(ctx)
	code := m.Run()
	cancel()
	os.Exit(code)
}

// newNode is a node that stands for a plugin at a socket, called as in simk up: nobody else may
// be called, and time stands still meanwhile.
func newNode(t *testing.T) (nodeutil.Provider, *interlinkplugin.Plugin) {
	t.Helper()
	dir := t.TempDir()
	images := map[string][]string{"busybox*": {}}
	plugin, err := interlinkplugin.New(interlinkplugin.Config{Token: "token", Dir: filepath.Join(dir, "pods"), Images: images})
	if err != nil {
		t.Fatal(err)
	}
	sockets.Forbid()
	listener, err := sockets.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: plugin}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		_ = plugin.Close()
	})
	file := filepath.Join(dir, "token")
	if err := os.WriteFile(file, []byte("token"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := interlink.Config{URL: "http://" + listener.Addr().String(), TokenFile: file}
	config.PollInterval.Duration = 50 * time.Millisecond
	config.Now, config.Dial = clock.Wall, sockets.DialLoopback
	config.Wrap = func(rt http.RoundTripper) http.RoundTripper {
		return held.RoundTripper(rt, func(r *http.Request) time.Duration {
			deadline, _ := r.Context().Deadline()
			return time.Until(deadline)
		})
	}
	provider, _, err := interlink.New(config)(nodeutil.ProviderConfig{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	provider.(node.PodNotifier).NotifyPods(ctx, func(*corev1.Pod) {})
	return provider, plugin
}

func await(t *testing.T, p nodeutil.Provider, name string, phase corev1.PodPhase) *corev1.Pod {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		pod, err := p.GetPod(t.Context(), "default", name)
		if err == nil && pod.Status.Phase == phase {
			return pod
		}
		if time.Now().After(end) {
			t.Fatalf("%s is not %s: %v, %+v", name, phase, err, pod)
		}
	}
}

func create(t *testing.T, p nodeutil.Provider, name, script string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID("uid-" + name)}, Spec: corev1.PodSpec{
		RestartPolicy: corev1.RestartPolicyNever,
		Containers:    []corev1.Container{{Name: "main", Image: "busybox:1", Command: []string{"sh", "-c", script}}},
	}}
	if err := p.CreatePod(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

func TestPlugin(t *testing.T) {
	p, plugin := newNode(t)
	create(t, p, "hi", "echo hi $HOSTNAME; exit 3")
	pod := await(t, p, "hi", corev1.PodFailed)
	if s := pod.Status.ContainerStatuses[0].State.Terminated; s == nil || s.ExitCode != 3 || pod.Annotations["JobID"] == "" {
		t.Errorf("it ended: %+v, %v", s, pod.Annotations)
	}
	log, err := p.GetContainerLogs(t.Context(), "default", "hi", "main", api.ContainerLogOpts{})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(log); err != nil || string(b) != "hi hi\n" {
		t.Errorf("its log: %q, %v", b, err)
	}
	long := create(t, p, "long", "trap 'echo bye; exit 0' TERM; while :; do sleep 0.05; done")
	await(t, p, "long", corev1.PodRunning)
	if err := p.DeletePod(t.Context(), long); err != nil {
		t.Fatal(err)
	}
	await(t, p, "long", corev1.PodFailed)
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if all := plugin.Pods(); len(all) == 1 {
			break
		} else if time.Now().After(end) {
			t.Fatalf("the plugin has %v", all)
		}
	}
}

func TestWhoHasNoToken(t *testing.T) {
	if _, err := interlinkplugin.New(interlinkplugin.Config{}); err == nil || !strings.Contains(err.Error(), "token") {
		t.Errorf("a plugin without a token: %v", err)
	}
}
