package interlink

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
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

// plugin is one whose answers a test chooses, on a socket of its own.
type plugin struct {
	t       *testing.T
	address string
	server  *http.Server

	mu       sync.Mutex
	requests []string
	created  []PodData
	deleted  []string
	states   map[string]*PodStatus // by UID
	token    string
	// odd answers in the place of the plugin, if it is set and returns true.
	odd func(w http.ResponseWriter, r *http.Request, body []byte) bool
	log string
}

func newPlugin(t *testing.T) *plugin {
	p := &plugin{t: t, address: "127.0.0.1:0", states: map[string]*PodStatus{}, token: "right"}
	p.listen()
	t.Cleanup(p.close)
	return p
}

func (p *plugin) listen() {
	p.t.Helper()
	listener, err := net.Listen("tcp", p.address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.address = listener.Addr().String()
	p.server = &http.Server{Handler: p}
	go func(s *http.Server) { _ = s.Serve(listener) }(p.server)
}

func (p *plugin) close() { _ = p.server.Close() }

func (p *plugin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r.Method+" "+r.URL.Path)
	if r.Header.Get("Authorization") != "Bearer "+p.token {
		http.Error(w, "go away", http.StatusUnauthorized)
		return
	}
	if p.odd != nil && p.odd(w, r, body) {
		return
	}
	switch r.URL.Path {
	case "/create":
		var data PodData
		_ = json.Unmarshal(body, &data)
		p.created = append(p.created, data)
		uid := string(data.Pod.UID)
		p.states[uid] = running(&data.Pod)
		_ = json.NewEncoder(w).Encode(Created{PodUID: uid, PodJID: "job-" + uid})
	case "/delete":
		var pod corev1.Pod
		_ = json.Unmarshal(body, &pod)
		p.deleted = append(p.deleted, string(pod.UID))
		delete(p.states, string(pod.UID))
	case "/status":
		var pods []corev1.Pod
		_ = json.Unmarshal(body, &pods)
		if len(pods) == 0 {
			_, _ = io.WriteString(w, `{"status": "ok", "resources": {"cpu": "64", "memory": "0Mi",
				"accelerators": [{"resourceType": "nvidia.com/gpu", "available": 4}]}}`)
			return
		}
		all := []PodStatus{}
		for _, pod := range pods {
			if s := p.states[string(pod.UID)]; s != nil {
				all = append(all, *s)
			}
		}
		_ = json.NewEncoder(w).Encode(all)
	case "/getLogs":
		_, _ = io.WriteString(w, p.log)
	}
}

func running(pod *corev1.Pod) *PodStatus {
	s := &PodStatus{Name: pod.Name, Namespace: pod.Namespace, UID: string(pod.UID), JobID: "job-" + string(pod.UID)}
	for _, c := range pod.Spec.Containers {
		up := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
		s.Containers = append(s.Containers, corev1.ContainerStatus{Name: c.Name, Ready: true, State: up})
	}
	return s
}

// count is how many requests there were of a kind; empty: of all.
func (p *plugin) count(kind string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.requests {
		if strings.Contains(r, kind) {
			n++
		}
	}
	return n
}

// set changes the plugin.
func (p *plugin) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// machine is a node that stands for a plugin, and an API that has the pods which a test adds.
type machine struct {
	t    *testing.T
	p    *provider
	pods cache.Indexer
	maps cache.Indexer
	keys cache.Indexer

	mu     sync.Mutex
	events []string
	nodes  []*corev1.Node
}

func newMachine(t *testing.T, p *plugin, change func(*Config)) *machine {
	t.Helper()
	index := func() cache.Indexer {
		return cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	}
	m := &machine{t: t, pods: index(), maps: index(), keys: index()}
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("right\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := Config{URL: "http://" + p.address, TokenFile: token}
	config.PollInterval.Duration, config.MaxBackOff.Duration = 50*time.Millisecond, 200*time.Millisecond
	config.Timeout.Duration = 2 * time.Second
	config.Event = func(_ *corev1.Pod, _, reason, note string) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.events = append(m.events, reason+": "+note)
	}
	if change != nil {
		change(&config)
	}
	made, _, err := New(config)(nodeutil.ProviderConfig{
		Node:       &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "remote"}},
		Pods:       corev1listers.NewPodLister(m.pods),
		ConfigMaps: corev1listers.NewConfigMapLister(m.maps), Secrets: corev1listers.NewSecretLister(m.keys),
	})
	if err != nil {
		t.Fatal(err)
	}
	m.p = made.(*provider)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	m.p.NotifyNodeStatus(ctx, func(n *corev1.Node) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.nodes = append(m.nodes, n)
	})
	m.p.NotifyPods(ctx, func(*corev1.Pod) {})
	return m
}

func (m *machine) create(name string, change func(*corev1.Pod)) *corev1.Pod {
	m.t.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID(name)},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "busybox"}}},
	}
	if change != nil {
		change(pod)
	}
	_ = m.pods.Add(pod)
	if err := m.p.CreatePod(m.t.Context(), pod); err != nil {
		m.t.Fatal(err)
	}
	return pod
}

// await waits until something is so, for at most twenty seconds.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it is not so: %s", what)
		}
	}
}

func (m *machine) get(name string) *corev1.Pod {
	pod, err := m.p.GetPod(m.t.Context(), "default", name)
	if err != nil {
		m.t.Fatal(err)
	}
	return pod
}

func (m *machine) awaitPhase(name string, phase corev1.PodPhase) *corev1.Pod {
	m.t.Helper()
	await(m.t, fmt.Sprintf("%s is %s", name, phase), func() bool { return m.get(name).Status.Phase == phase })
	return m.get(name)
}

// ready is the node's condition as it was last reported.
func (m *machine) ready() *corev1.NodeCondition {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.nodes) == 0 {
		return &corev1.NodeCondition{}
	}
	return &m.nodes[len(m.nodes)-1].Status.Conditions[0]
}

func (m *machine) awaitReady(status corev1.ConditionStatus) *corev1.NodeCondition {
	m.t.Helper()
	await(m.t, "the node is Ready: "+string(status), func() bool { return m.ready().Status == status })
	return m.ready()
}

func TestLife(t *testing.T) {
	p := newPlugin(t)
	m := newMachine(t, p, nil)
	m.awaitReady(corev1.ConditionTrue)
	m.mu.Lock()
	has := m.nodes[len(m.nodes)-1].Status.Allocatable
	m.mu.Unlock()
	if _, memory := has[corev1.ResourceMemory]; has.Cpu().Value() != 64 || memory || has.Name("nvidia.com/gpu", "").Value() != 4 {
		t.Errorf("the node has %v", has)
	}
	meta := metav1.ObjectMeta{Namespace: "default", Name: "m"}
	_ = m.maps.Add(&corev1.ConfigMap{ObjectMeta: meta, Data: map[string]string{"k": "v"}})
	_ = m.keys.Add(&corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{"s": []byte("x")}})
	pod := m.create("job", func(pod *corev1.Pod) {
		named := corev1.LocalObjectReference{Name: "m"}
		c := &pod.Spec.Containers[0]
		c.EnvFrom = []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: named}}}
		c.VolumeMounts = []corev1.VolumeMount{{Name: "a", MountPath: "/a"}, {Name: "b", MountPath: "/b"}, {Name: "c", MountPath: "/c"}}
		pod.Spec.Volumes = []corev1.Volume{
			{Name: "a", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: named}}},
			{Name: "b", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "m"}}},
			{Name: "c", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
				{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: named}},
				{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{}},
			}}}},
		}
	})
	got := m.awaitPhase("job", corev1.PodRunning)
	if s := got.Status.ContainerStatuses[0]; got.Annotations[jobAnnotation] != "job-job" || !s.Ready || s.State.Running.StartedAt.IsZero() {
		t.Errorf("it runs: %v, %+v", got.Annotations, s)
	}
	p.mu.Lock()
	sent := p.created[0]
	p.mu.Unlock()
	if c := sent.Containers[0]; len(c.ConfigMaps) != 1 || string(c.Secrets[0].Data["s"]) != "x" || c.ProjectedVolumeMaps[0].Name != "c" ||
		c.ProjectedVolumeMaps[0].Data["k"] != "v" || len(sent.Pod.Spec.Containers[0].Env) != 1 || sent.Pod.Spec.Containers[0].EnvFrom != nil {
		t.Errorf("it was sent as %+v", sent)
	}
	p.set(func() {
		p.states["job"].Containers[0].State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 3}}
		p.log = "one\ntwo\n"
	})
	got = m.awaitPhase("job", corev1.PodFailed)
	if s := got.Status.ContainerStatuses[0].State.Terminated; s.ExitCode != 3 || s.Reason != "Error" || s.FinishedAt.IsZero() {
		t.Errorf("it ended: %+v", s)
	}
	for _, follow := range []bool{false, true} {
		r, err := m.p.GetContainerLogs(t.Context(), "default", "job", "main", api.ContainerLogOpts{Follow: follow})
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(r); err != nil || string(b) != "one\ntwo\n" {
			t.Errorf("its log: %q, %v", b, err)
		}
	}
	if err := m.p.DeletePod(t.Context(), pod); err != nil {
		t.Error(err)
	}
	await(t, "the plugin deleted it", func() bool { p.mu.Lock(); defer p.mu.Unlock(); return len(p.deleted) == 1 })
	_ = m.pods.Delete(pod)
	if err := m.p.DeletePod(t.Context(), pod); err != nil {
		t.Error(err)
	}
	if _, err := m.p.GetPod(t.Context(), "default", "job"); !errdefs.IsNotFound(err) {
		t.Errorf("it is there: %v", err)
	}
}

// While the plugin is away pods come, run on and go: nothing of that is lost.
func TestAway(t *testing.T) {
	p := newPlugin(t)
	m := newMachine(t, p, nil)
	m.create("runs", nil)
	goes := m.create("goes", nil)
	m.awaitPhase("runs", corev1.PodRunning)
	m.awaitPhase("goes", corev1.PodRunning)
	p.close()
	if c := m.awaitReady(corev1.ConditionFalse); c.Reason != "InterlinkDoesNotAnswer" || !strings.Contains(c.Message, p.address) {
		t.Errorf("the node: %+v", c)
	}
	if err := m.p.Ping(t.Context()); err != nil {
		t.Errorf("the lease ends, which hides the reason: %v", err)
	}
	m.create("comes", nil)
	_ = m.pods.Delete(goes) // by force: nobody waits for the plugin
	if err := m.p.DeletePod(t.Context(), goes); err != nil {
		t.Error(err)
	}
	await(t, "the pod says what it waits for", func() bool { return m.get("comes").Status.Reason == "InterlinkDoesNotAnswer" })
	if s := m.get("runs").Status; s.Phase != corev1.PodRunning {
		t.Errorf("the running pod: %+v", s)
	}
	p.set(func() {
		p.states["runs"].Containers[0].State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{}}
	})
	p.listen()
	m.awaitReady(corev1.ConditionTrue)
	m.awaitPhase("comes", corev1.PodRunning)
	m.awaitPhase("runs", corev1.PodSucceeded)
	if p.mu.Lock(); len(p.deleted) != 1 || p.deleted[0] != "goes" || len(p.created) != 3 {
		t.Errorf("deleted %v, created %d", p.deleted, len(p.created))
	}
	p.mu.Unlock()
	if err := m.p.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// A pod whose creation was not answered is asked for, not sent twice.
func TestCreatedOnce(t *testing.T) {
	p := newPlugin(t)
	m := newMachine(t, p, nil)
	cut := false
	p.set(func() {
		p.odd = func(w http.ResponseWriter, r *http.Request, body []byte) bool {
			if r.URL.Path != "/create" || cut {
				return false
			}
			cut = true
			var data PodData
			_ = json.Unmarshal(body, &data)
			p.created, p.states["once"] = append(p.created, data), running(&data.Pod)
			panic(http.ErrAbortHandler) // it has it, and says nothing
		}
	})
	m.create("once", nil)
	m.awaitPhase("once", corev1.PodRunning)
	if p.mu.Lock(); len(p.created) != 1 {
		t.Errorf("it was created %d times", len(p.created))
	}
	p.mu.Unlock()
}
