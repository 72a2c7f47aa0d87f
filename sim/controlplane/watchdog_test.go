package controlplane

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	restclient "k8s.io/client-go/rest"

	"simk.dev/simk/sim/clock"
)

// faults stands between a client and a real apiserver and keeps back what it is told to.
type faults struct {
	server  http.RoundTripper
	watches gate // what watches tell
	writes  gate // answers to writes
	reads   gate // answers to reads, and watches that are opened
	mu      sync.Mutex
	failing bool // writes fail
	open    []io.Closer
}

// gate is open or closed.
type gate struct{ sync.RWMutex }

func (g *gate) pass() {
	g.RLock()
	defer g.RUnlock()
}

func (f *faults) fail(yes bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failing = yes
}

// endWatches ends those that are open.
func (f *faults) endWatches() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, watch := range f.open {
		_ = watch.Close()
	}
	f.open = nil
}

// RoundTrip implements http.RoundTripper.
func (f *faults) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		f.writes.pass()
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.failing {
			header := http.Header{"Content-Type": {"text/plain"}}
			return newResponse(r, http.StatusInternalServerError, header, io.NopCloser(bytes.NewBufferString("no room")), -1), nil
		}
	}
	if r.Method == http.MethodGet {
		f.reads.pass()
	}
	response, err := f.server.RoundTrip(r)
	if err == nil && isWatch(r) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.open = append(f.open, response.Body)
		response.Body = &gated{response.Body, &f.watches}
	}
	return response, err
}

// gated is a body that is read while its gate is open.
type gated struct {
	io.ReadCloser
	gate *gate
}

func (g *gated) Read(p []byte) (int, error) {
	n, err := g.ReadCloser.Read(p)
	g.gate.pass()
	return n, err
}

// dog is a watchdog at a real control plane, whose ticks a test makes.
type dog struct {
	*watchdog
	ctx  context.Context
	told []string
}

func (d *dog) ticks(n int) {
	for range n {
		d.tick(d.ctx)
		time.Sleep(3 * time.Second) // virtual: more than any answer takes
	}
}

func newDog(t *testing.T) (*dog, *ControlPlane, *faults) {
	if !clock.Virtual {
		t.Skip("in wall-clock time it takes minutes")
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	plane, err := Start(ctx, t.TempDir(), Options{Interactive: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(plane.Stop)
	f := &faults{server: plane.Config.Transport}
	config := restclient.CopyConfig(plane.Config)
	config.Transport = f
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	d := &dog{ctx: ctx}
	d.watchdog = &watchdog{leases: client.CoordinationV1().Leases(metav1.NamespaceSystem), pulse: make(chan struct{}, 1), age: probeEvery}
	d.tell = func(s *Stall) {
		if s == nil {
			d.told = append(d.told, "goes on")
		} else {
			d.told = append(d.told, s.Reason)
		}
	}
	plane.watchdog.Store(d.watchdog)
	go d.watch(ctx)
	return d, plane, f
}

// expect compares what the watchdog has told since last.
func (d *dog) expect(t *testing.T, when string, want ...string) {
	t.Helper()
	if got := strings.Join(d.told, "; "); got != strings.Join(want, "; ") {
		t.Errorf("%s: it told %q, want %q", when, got, want)
	}
	d.told = nil
}

// TestWatchdog puts a real control plane behind a client whose traffic stalls.
func TestWatchdog(t *testing.T) {
	d, plane, f := newDog(t)
	leases := plane.Client.CoordinationV1().Leases(metav1.NamespaceSystem)
	d.ticks(21)
	d.expect(t, "all is well")
	lease, err := leases.Get(d.ctx, probeLease, metav1.GetOptions{})
	if err != nil || probeOf(lease) < 3 {
		t.Errorf("after 21 ticks the Lease is %v: %v", lease, err)
	}

	f.watches.Lock()
	d.ticks(probeEvery + probePatience - 1)
	d.expect(t, "a watch is late, but not too late")
	d.ticks(1 + probeEvery)
	d.expect(t, "a watch is silent", "did not reach its watcher")
	goroutines := runtime.NumGoroutine()
	d.ticks(100)
	d.expect(t, "it is told once")
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("a stall of 100 ticks more takes %d goroutines instead of %d", n, goroutines)
	}
	f.watches.Unlock()
	d.ticks(1)
	d.expect(t, "the watch speaks again", "goes on")

	f.writes.Lock()
	d.ticks(2 * (probeEvery + probePatience))
	d.expect(t, "a write is not answered", "was not answered")
	f.writes.Unlock()
	d.ticks(1)
	d.expect(t, "it is answered", "goes on")

	f.fail(true)
	d.ticks(2 * (probeEvery + probePatience))
	d.expect(t, "writes fail", `failed: an error on the server ("no room") has prevented the request from succeeding (patch leases.coordination.k8s.io simk-watchdog)`)
	f.fail(false)
	d.ticks(2)
	d.expect(t, "they succeed", "goes on")

	for range 3 {
		f.endWatches()
		if err := leases.Delete(d.ctx, probeLease, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
		d.ticks(2 * (probeEvery + probePatience))
	}
	d.expect(t, "watches end and somebody deletes the Lease")

	f.reads.Lock()
	f.endWatches()
	d.ticks(probeEvery) // in which it writes
	if err := leases.Delete(d.ctx, probeLease, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
	f.reads.Unlock()
	d.ticks(probePatience)
	d.expect(t, "somebody deletes the Lease before a watch has seen it")
}

// A stalled cluster says so to clients outside without asking the apiserver.
func TestReadyzOfAStalledCluster(t *testing.T) {
	c := &ControlPlane{}
	asked := 0
	handler := c.health(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	if w := get("/readyz"); w.Code != http.StatusOK || asked != 1 {
		t.Errorf("a cluster without a watchdog answers %d", w.Code)
	}
	w := &watchdog{}
	c.watchdog.Store(w)
	if w := get("/readyz"); w.Code != http.StatusOK || asked != 2 {
		t.Errorf("a cluster that works answers %d", w.Code)
	}
	w.stall = &Stall{Since: time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC), Reason: "did not reach its watcher"}
	const want = "the cluster makes no progress since 2026-03-02 06:00:00 UTC (real time): a write at that time did not reach its watcher"
	if w := get("/readyz"); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), want) || asked != 2 {
		t.Errorf("a stalled cluster answers %d: %s", w.Code, w.Body)
	}
	for _, path := range []string{"/debug/pprof/profile", "/debug/pprof/trace"} {
		if w := get(path); w.Code != http.StatusNotImplemented || !strings.Contains(w.Body.String(), "virtual clock") || asked != 2 {
			t.Errorf("%s answers %d: %s", path, w.Code, w.Body)
		}
	}
	if get("/debug/pprof/goroutine"); asked != 3 {
		t.Error("other profiles are not passed on")
	}
}
