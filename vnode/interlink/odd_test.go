package interlink

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func TestWrongToken(t *testing.T) {
	p := newPlugin(t)
	p.token = "another"
	file := ""
	m := newMachine(t, p, func(c *Config) { c.MaxBackOff.Duration, file = time.Minute, c.TokenFile })
	m.create("pod", nil)
	c := m.awaitReady(corev1.ConditionFalse)
	if c.Reason != "InterlinkUnauthorized" || !strings.Contains(c.Message, "401") || !strings.Contains(c.Message, "go away") {
		t.Errorf("the node: %+v", c)
	}
	await(t, "the pod says so", func() bool {
		s := m.get("pod").Status
		return s.Reason == "InterlinkUnauthorized" && strings.Contains(s.Message, "tokenFile") && s.Phase == corev1.PodPending
	})
	time.Sleep(300 * time.Millisecond)
	if n := p.count(""); n > 2 {
		t.Errorf("the plugin was asked %d times", n)
	}
	m.mu.Lock()
	if len(m.events) != 1 || !strings.HasPrefix(m.events[0], "InterlinkUnauthorized: ") {
		t.Errorf("events: %q", m.events)
	}
	m.mu.Unlock()
	if err := os.WriteFile(file, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	m.awaitPhase("pod", corev1.PodRunning) // long before the minute is over
	m.awaitReady(corev1.ConditionTrue)
}

// Whatever a plugin answers, the node says what is wrong, and works again afterwards.
func TestOddAnswers(t *testing.T) {
	huge := strings.Repeat("x", 1<<20)
	for name, test := range map[string]struct {
		answer func(w http.ResponseWriter)
		says   string
	}{
		"garbage": {func(w http.ResponseWriter) { _, _ = io.WriteString(w, "<html>login</html>") },
			`expected a list of interLink's pod statuses, got "<html>login</html>"`},
		"object": {func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"a": 1}`) }, "expected a list of interLink's pod statuses"},
		"error":  {func(w http.ResponseWriter) { http.Error(w, "squeue failed", http.StatusInternalServerError) }, "squeue failed"},
		"redirect": {func(w http.ResponseWriter) {
			w.Header().Set("Location", "http://elsewhere.example/")
			w.WriteHeader(http.StatusFound)
		}, "simk follows nobody"},
		"huge": {func(w http.ResponseWriter) {
			for range 1 << 10 { // a gigabyte, if anybody reads it
				if _, err := io.WriteString(w, huge); err != nil {
					return
				}
			}
		}, "more than 16 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlugin(t)
			m := newMachine(t, p, nil)
			m.create("pod", nil)
			m.awaitPhase("pod", corev1.PodRunning)
			p.set(func() {
				p.odd = func(w http.ResponseWriter, r *http.Request, body []byte) bool {
					if r.URL.Path == "/status" && len(body) > 4 {
						test.answer(w)
						return true
					}
					return false
				}
			})
			c := m.awaitReady(corev1.ConditionFalse)
			if !strings.Contains(c.Message, test.says) || !strings.Contains(c.Message, "interLink plugin at http://"+p.address+": GET /status") {
				t.Errorf("the node says: %s", c.Message)
			}
			p.set(func() { p.odd = nil })
			m.awaitReady(corev1.ConditionTrue)
			if s := m.get("pod").Status; s.Phase != corev1.PodRunning {
				t.Errorf("the pod: %+v", s)
			}
		})
	}
}

// An empty answer to a status leaves the pods as they are, until there were too many.
func TestLost(t *testing.T) {
	p := newPlugin(t)
	m := newMachine(t, p, nil)
	m.create("pod", nil)
	m.awaitPhase("pod", corev1.PodRunning)
	p.set(func() { delete(p.states, "pod") })
	pod := m.awaitPhase("pod", corev1.PodFailed)
	if pod.Status.Reason != "InterlinkPodLost" || m.ready().Status != corev1.ConditionTrue {
		t.Errorf("it is lost: %+v", pod.Status)
	}
}

// A creation that fails is tried again later and later; one that is refused is not.
func TestRetries(t *testing.T) {
	p := newPlugin(t)
	status, from := http.StatusInternalServerError, []time.Time{}
	p.odd = func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
		if r.URL.Path != "/create" {
			return false
		}
		from = append(from, time.Now())
		http.Error(w, "no room", status)
		return true
	}
	m := newMachine(t, p, func(c *Config) { c.Retries, c.MaxBackOff.Duration = 2, time.Minute })
	m.create("pod", nil)
	pod := m.awaitPhase("pod", corev1.PodFailed)
	if pod.Status.Reason != "InterlinkRefused" || !strings.Contains(pod.Status.Message, "no room") {
		t.Errorf("it failed: %+v", pod.Status)
	}
	if p.mu.Lock(); len(from) != 3 || from[2].Sub(from[1]) < 2*time.Second || from[1].Sub(from[0]) < time.Second {
		t.Errorf("it was tried at %v", from)
	}
	from, status = nil, http.StatusBadRequest
	p.mu.Unlock()
	m.create("bad", nil)
	m.awaitPhase("bad", corev1.PodFailed)
	if p.mu.Lock(); len(from) != 1 || m.ready().Status != corev1.ConditionTrue {
		t.Errorf("it was tried at %v", from)
	}
	p.mu.Unlock()
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "PARTITION AVAIL") // as sinfo does
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	var dialed []string
	m := newMachine(t, &plugin{}, func(c *Config) {
		c.URL, c.TokenFile = "unix://"+path, ""
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			dialed = append(dialed, network+" "+address)
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
	})
	m.awaitReady(corev1.ConditionTrue)
	if dialed[0] != "unix "+path {
		t.Errorf("dialed %v", dialed)
	}
}

func TestConfig(t *testing.T) {
	for url, want := range map[string]string{
		"": "there is none", "ftp://h": "none of a plugin", "http://": "none of a plugin", "unix://rel/s": "none of a plugin",
		"https://u:secret@h": "credentials",
		"http://h?x=1":       "credentials", "http://far.example:4000": "as it is",
	} {
		c := &Config{URL: url, TokenFile: "t"}
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", url, err)
		}
	}
	for url, want := range map[string]string{
		"https://h": "tcp h:443", "http://127.0.0.1": "tcp 127.0.0.1:80",
		"http://[::1]:4000/p": "tcp [::1]:4000", "unix:///run/s": "unix /run/s",
	} {
		c := &Config{URL: url, TokenFile: "t"}
		network, address := c.Address()
		if err := c.Check(); err != nil || network+" "+address != want {
			t.Errorf("%q: %v, %s %s", url, err, network, address)
		}
	}
	if err := (&Config{URL: "https://h", CertFile: "c"}).Check(); err == nil {
		t.Error("a certificate without a key")
	}
	var c Config
	if err := json.Unmarshal([]byte(`{"url": "https://h", "timeout": "3s"}`), &c); err != nil || c.Timeout.Duration != 3*time.Second {
		t.Errorf("%+v, %v", c, err)
	}
}
