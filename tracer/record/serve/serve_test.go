package serve

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/record/journal"
)

var start = time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)

func minute(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }

// fill records an object a minute from the n-th on, as a recorder does: a part
// begins with all that lives.
func fill(t *testing.T, s *Store, from, to int) {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for n := from; n < to; n++ {
		if s.Due(minute(n)) {
			ok(s.Begin(journal.Begin{At: minute(n), Name: "test"}))
			for k := from; k < n; k++ {
				ok(s.Write(object(journal.State, n, k)))
			}
		}
		ok(s.Write(object(journal.Apply, n, n)))
		ok(s.Flush())
	}
	ok(s.Sync())
}

func object(op journal.Op, at, n int) journal.Line {
	name := fmt.Sprintf("c%d", n)
	return journal.Line{
		Op: op, At: minute(at), RV: uint64(n + 1), Ref: &journal.Ref{APIVersion: "v1", Kind: "ConfigMap", Namespace: "shop", Name: name},
		Object: fmt.Appendf(nil, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":%q,"namespace":"shop"}}`, name),
	}
}

func store(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := NewStore(dir, 2*time.Hour, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// shape is how much a trace has at its start, and how many events.
func shape(t *testing.T, s *Store, from, to time.Time) string {
	t.Helper()
	r, err := s.Open(from, to)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = r.Close() }()
	n := 0
	for _, err := range tracer.Events(r) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return fmt.Sprintf("%s+%v: %d, %d", r.Head().StartTime.Format("15:04"), r.Head().Duration, len(r.Head().Objects), n)
}

func TestWindowRolls(t *testing.T) {
	dir := t.TempDir()
	s := store(t, dir)
	fill(t, s, 0, 300)
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 26 { // 2 h in parts of 5 min, the present one, and one that reaches into the window
		t.Errorf("%d parts are kept, want 26", len(files))
	}
	for _, c := range []struct {
		from, to int
		want     string
	}{
		{202, 230, "09:22+28m0s: 203, 28"}, // across parts
		{299, 299, "10:59+0s: 300, 0"},
		{0, 180, "08:50+10m0s: 170, 11"}, // begins where the window does
		{400, 500, ErrNothing.Error()},
	} {
		if got := shape(t, s, minute(c.from), minute(c.to)); got != c.want {
			t.Errorf("%d to %d: got %q, want %q", c.from, c.to, got, c.want)
		}
	}
}

// What is on disk is there again after a restart; an export does not pretend to
// know what happened in between.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	s := store(t, dir)
	fill(t, s, 0, 30)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = store(t, dir)
	fill(t, s, 60, 90)
	if got, want := shape(t, s, minute(11), minute(20)), "06:11+9m0s: 12, 9"; got != want {
		t.Errorf("before: got %q, want %q", got, want)
	}
	if got, want := shape(t, s, minute(10), minute(80)), "07:00+20m0s: 0, 21"; got != want {
		t.Errorf("across: got %q, want %q", got, want)
	}
	if st := s.Status(); !st.Begin.Equal(minute(60)) || !st.End.Equal(minute(89)) {
		t.Errorf("status is %+v", st)
	}
}

func TestSizeIsBounded(t *testing.T) {
	dir := t.TempDir()
	s, err := NewStore(dir, 1000*time.Hour, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s, 0, 1500) // some 20 KiB for each part's state at first, then more and more
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var total int64
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	if total == 0 || total > 1<<20 {
		t.Errorf("the folder has %d bytes, at most 1 MiB was asked for", total)
	}
}

func TestHandler(t *testing.T) {
	s := store(t, t.TempDir())
	fill(t, s, 0, 60)
	h := Handler(s, "secret")
	get := func(path, token string) *http.Response {
		req := httptest.NewRequest(http.MethodGet, path, nil)
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		return w.Result()
	}
	for path, codes := range map[string][2]int{
		"/healthz": {200, 200}, "/v1/status": {401, 200}, "/v1/export?from=-30m&to=now": {401, 200},
		"/v1/export?from=yesterday": {401, 400}, "/v1/export?from=%2B5m": {401, 400}, "/v1/export?to=2020-01-01T00:00:00Z&from=2019-01-01T00:00:00Z": {401, 404},
	} {
		for i, token := range []string{"wrong", "secret"} {
			res := get(path, token)
			if res.StatusCode != codes[i] {
				t.Errorf("%s with token %s: %d, want %d", path, token, res.StatusCode, codes[i])
			}
			_ = res.Body.Close()
		}
	}
	res := get("/v1/export?from=-30m&to=now", "secret")
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.Trailer.Get(Complete) != "yes" {
		t.Fatalf("%v, trailer %v", err, res.Trailer)
	}
	if n := strings.Count(string(text), `"at"`); n != 30 || !strings.Contains(string(text), `"startTime":"2026-03-02T06:29:00Z"`) {
		t.Errorf("the trace has %d events, want 30: %.300s", n, text)
	}
}

// Without a token a page whose name was made to lead to this machine is not answered,
// nor is one of another site.
func TestStrangersAreNotAnswered(t *testing.T) {
	s := store(t, t.TempDir())
	fill(t, s, 0, 10)
	for _, c := range []struct {
		host, site string
		want       int
	}{
		{"127.0.0.1:7777", "", 200}, {"127.0.0.1", "", 200}, {"127.9.9.9:1", "", 200}, {"localhost:7777", "", 200}, {"LocalHost", "", 200},
		{"[::1]:7777", "", 200}, {"[::1]", "", 200}, {"localhost", "same-origin", 200}, {"localhost", "none", 200},
		{"evil.example:7777", "", 403}, {"localhost.evil.example", "", 403}, {"127.0.0.1.nip.io:7777", "", 403}, {"0.0.0.0:7777", "", 403},
		{"192.168.0.1:7777", "", 403}, {"[fe80::1]:7777", "", 403}, {"", "", 403}, {"localhost", "cross-site", 403}, {"localhost", "same-site", 403},
	} {
		for _, path := range []string{"/v1/status", "/v1/export"} {
			for token, want := range map[string]int{"": c.want, "secret": 200} {
				req := httptest.NewRequest(http.MethodGet, path, nil)
				req.Host = c.host
				req.Header.Set("Authorization", "Bearer "+token)
				if c.site != "" {
					req.Header.Set("Sec-Fetch-Site", c.site)
				}
				w := httptest.NewRecorder()
				Handler(s, token).ServeHTTP(w, req)
				if w.Code != want {
					t.Errorf("%s as %q from site %q with token %q: %d, want %d: %s", path, c.host, c.site, token, w.Code, want, w.Body)
				}
			}
		}
	}
}

// Exports cannot be held up by a client that does not read: it is cut off.
func TestClientsThatDoNotRead(t *testing.T) {
	s := store(t, t.TempDir())
	fill(t, s, 0, 60)
	w := &stalled{header: http.Header{}}
	Handler(s, "").ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/v1/export", nil))
	if len(w.deadlines) < 2 || time.Until(w.deadlines[0]) > patience || !w.deadlines[len(w.deadlines)-1].IsZero() {
		t.Errorf("write deadlines are %v", w.deadlines)
	}
	if got := w.header.Get(Complete); got == "yes" {
		t.Error("an export that was cut off says that it is complete")
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		w := httptest.NewRecorder()
		Handler(s, "").ServeHTTP(w, httptest.NewRequest(method, "http://localhost/v1/export", nil))
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

// A body that nobody asked for is not read: it could fill memory and disk.
func TestBodiesAreNotRead(t *testing.T) {
	s := store(t, t.TempDir())
	fill(t, s, 0, 10)
	req := httptest.NewRequest(http.MethodGet, "http://localhost/v1/export?from=-5m", unread{t})
	req.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	w := httptest.NewRecorder()
	Handler(s, "").ServeHTTP(w, req)
	if w.Code != http.StatusOK {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
}

type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, io.EOF
}

// stalled is a connection that takes nothing until its deadline.
type stalled struct {
	header    http.Header
	deadlines []time.Time
}

func (w *stalled) Header() http.Header { return w.header }
func (w *stalled) WriteHeader(int)     {}
func (w *stalled) SetWriteDeadline(t time.Time) error {
	w.deadlines = append(w.deadlines, t)
	return nil
}

func (w *stalled) Write([]byte) (int, error) {
	if len(w.deadlines) == 0 {
		return 0, fmt.Errorf("no deadline was set: the client is waited for for ever")
	}
	return 0, os.ErrDeadlineExceeded
}
