package recordtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// network stands between a recorder and the apiserver: it can be cut, and can
// let the server forget where watches were. It adds the Date of a real server.
type network struct {
	server http.RoundTripper

	mu      sync.Mutex
	cut     bool
	forgets map[string]bool // paths whose next watch is answered with 410
	forbids string          // a path that is answered with 403
	streams []io.Closer
	verbs   map[string]bool // what was asked for
}

var errCut = errors.New("the network is cut")

// RoundTrip implements http.RoundTripper.
func (n *network) RoundTrip(req *http.Request) (*http.Response, error) {
	watch := req.URL.Query().Get("watch") == "true"
	n.mu.Lock()
	cut := n.cut
	forgot := watch && n.forgets[req.URL.Path]
	if forgot {
		delete(n.forgets, req.URL.Path)
	}
	forbidden := req.URL.Path == n.forbids
	n.verbs[req.Method] = true
	n.mu.Unlock()
	if cut {
		return nil, errCut
	}
	if forgot {
		return refusal(req, http.StatusGone, "Expired", "too old resource version"), nil
	}
	if forbidden {
		return refusal(req, http.StatusForbidden, "Forbidden", "you may not"), nil
	}
	res, err := n.server.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	res.Header = res.Header.Clone()
	res.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	if watch {
		n.mu.Lock()
		n.streams = append(n.streams, res.Body)
		n.mu.Unlock()
	}
	return res, nil
}

// refusal is the answer of a server that does not do what it is asked for.
func refusal(req *http.Request, code int, reason, message string) *http.Response {
	status := fmt.Sprintf(`{"kind":"Status","apiVersion":"v1","status":"Failure","message":%q,"reason":%q,"code":%d}`, message, reason, code)
	return &http.Response{
		StatusCode: code, Status: http.StatusText(code), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewBufferString(status)), ContentLength: int64(len(status)),
	}
}

// disconnect cuts the network: nothing gets through, and all watches break.
func (n *network) disconnect() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = true
	for _, s := range n.streams {
		_ = s.Close()
	}
	n.streams = nil
}

func (n *network) connect() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = false
}

// forget has the server forget the watches of these resources.
func (n *network) forget(paths ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range paths {
		n.forgets[p] = true
	}
}

func (n *network) forbid(path string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.forbids = path
}

func (n *network) askedFor() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []string
	for v := range n.verbs {
		all = append(all, v)
	}
	return strings.Join(all, " ")
}
