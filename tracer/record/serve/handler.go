package serve

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"simk.dev/simk/tracer"
)

// maxExports is how many exports are made at the same time.
const maxExports = 2

// Handler serves a store. With a token all but /healthz needs it, as a bearer
// token.
func Handler(s *Store, token string) http.Handler {
	busy := make(chan struct{}, maxExports)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /v1/status", guarded(token, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(s.Status()) // the client has gone
	}))
	mux.HandleFunc("GET /v1/export", guarded(token, func(w http.ResponseWriter, r *http.Request) {
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

func guarded(token string, next http.HandlerFunc) http.HandlerFunc {
	if token == "" {
		return next
	}
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
	now := s.Status().End
	from, err := ParseTime(r.FormValue("from"), now)
	if err == nil && r.FormValue("from") == "" {
		from = time.Time{}
	}
	to, err2 := ParseTime(r.FormValue("to"), time.Time{}) // now: all there is
	if strings.HasPrefix(r.FormValue("to"), "-") {
		to, err2 = ParseTime(r.FormValue("to"), now)
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
	// Whether the trace is complete can only be told at its end.
	w.Header().Set("Trailer", Complete)
	writer, err := tracer.NewWriter(w, recording.Head())
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
