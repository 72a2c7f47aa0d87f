package serve

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"simk.dev/simk/tracer"
)

// maxExports is how many exports are made at the same time.
const maxExports = 2

// Handler serves a store. With a token all but /healthz needs it, as a bearer
// token. Without, it answers only who calls it by a loopback name, and no page of
// another site: a browser would let such a page in, whose own name is made to lead here.
func Handler(s *Store, token string) http.Handler {
	busy := make(chan struct{}, maxExports)
	guarded := func(next http.HandlerFunc) http.HandlerFunc {
		if token == "" {
			return local(next)
		}
		return authorized(token, next)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /v1/status", guarded(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(s.Status()) // the client has gone
	}))
	mux.HandleFunc("GET /v1/export", guarded(func(w http.ResponseWriter, r *http.Request) {
		select {
		case busy <- struct{}{}:
			defer func() { <-busy }()
			export(s, w, r)
		default:
			http.Error(w, "too many exports at the same time: try again later", http.StatusTooManyRequests)
		}
	}))
	return mux
}

// local lets in who names a loopback address, and no other site's pages.
func local(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch site := r.Header.Get("Sec-Fetch-Site"); {
		case !isLoopback(r.Host):
			http.Error(w, fmt.Sprintf("called as %q: without a token only localhost and loopback addresses are answered; "+
				"call it so, or serve with --token-file", r.Host), http.StatusForbidden)
		case site != "" && site != "same-origin" && site != "none":
			http.Error(w, "pages of other sites are not answered", http.StatusForbidden)
		default:
			next(w, r)
		}
	}
}

// isLoopback tells whether a request's host, with or without a port, is this machine
// under a name that nobody else can give it.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func authorized(token string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		given, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !found || subtle.ConstantTimeCompare([]byte(given), []byte(token)) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "the token is missing or wrong", http.StatusUnauthorized)
			return
		}
		next(w, r)
	}
}

func export(s *Store, w http.ResponseWriter, r *http.Request) {
	now, query := s.Status().End, r.URL.Query() // not FormValue, which reads bodies into files
	from, err := ParseTime(query.Get("from"), now)
	if err == nil && query.Get("from") == "" {
		from = time.Time{}
	}
	to, err2 := ParseTime(query.Get("to"), time.Time{}) // now: all there is
	if strings.HasPrefix(query.Get("to"), "-") {
		to, err2 = ParseTime(query.Get("to"), now)
	}
	if err := errors.Join(err, err2); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	recording, err := s.Open(from, to)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	defer func() { _ = recording.Close() }()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodHead {
		return
	}
	// Whether the trace is complete can only be told at its end.
	w.Header().Set("Trailer", Complete)
	control := http.NewResponseController(w)
	defer func() { _ = control.SetWriteDeadline(time.Time{}) }() // the connection may serve another request
	writer, err := tracer.NewWriter(&patient{w: w, control: control}, recording.Head())
	if err != nil {
		return // the client has gone
	}
	for e, err := range tracer.Events(recording) {
		if err == nil {
			err = writer.WriteEvent(e)
		}
		if err != nil {
			w.Header().Set(Complete, err.Error())
			return
		}
	}
	if writer.Close() == nil {
		w.Header().Set(Complete, "yes")
	}
}

// patience is how long a client may take nothing of an export before it is cut off:
// there are few exports at a time.
const patience = 30 * time.Second

// patient writes to a client that has to go on reading.
type patient struct {
	w       io.Writer
	control *http.ResponseController
	// until is the deadline that was set last.
	until time.Time
}

// Write implements io.Writer.
func (p *patient) Write(b []byte) (int, error) {
	if now := time.Now(); p.until.Sub(now) < patience/2 {
		p.until = now.Add(patience)
		_ = p.control.SetWriteDeadline(p.until) // a test's recorder has none
	}
	return p.w.Write(b)
}

// Complete is the trailer of an export: "yes", or why it is not complete.
const Complete = "Simk-Complete"

// ParseTime reads an instant, or an offset such as -30m from now; empty and
// "now" are now itself.
func ParseTime(text string, now time.Time) (time.Time, error) {
	if text == "" || text == "now" {
		return now, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d <= 0 {
		return now.Add(d), nil
	}
	return time.Time{}, fmt.Errorf("%q is neither an instant (2026-03-02T06:00:00Z), nor an offset (-30m), nor now", text)
}
