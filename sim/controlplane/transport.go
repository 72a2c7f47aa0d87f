package controlplane

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
)

// transport is an http.RoundTripper that calls the apiserver's handler in this
// process: no socket, no connection, no encryption. Requests and bodies are the
// same bytes that would cross a network.
type transport struct {
	handler atomic.Pointer[http.Handler]
	// lastWrite is when the last change was accepted, in Unix nanoseconds.
	lastWrite atomic.Int64
	progress  *progress
	// replay says that a watch may not end by itself.
	replay bool
}

// inMemory is the host in the URLs of those who use it. It leads nowhere else.
const inMemory = "simk.invalid"

// identity is who every component in the process is. Nothing outside can use
// this transport, so there is no credential to check.
var identity = &user.DefaultInfo{Name: "system:apiserver", Groups: []string{user.SystemPrivilegedGroup, user.AllAuthenticated}}

// bind names the handler to call; the transport can be handed out before the
// server exists.
func (t *transport) bind(h http.Handler) { t.handler.Store(&h) }

// watchTimeout is how long a watch may last, in seconds: longer than any run,
// because a reflector that re-opens its watches costs a scan of the history.
const watchTimeout = 10 * 365 * 24 * 3600

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	handler := t.handler.Load()
	if handler == nil {
		return nil, errNotReady
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	ctx := request.WithUser(req.Context(), identity)
	t.progress.note(req)
	if isWatch(req) {
		return t.stream(ctx, *handler, req)
	}
	in := req.Clone(ctx)
	prepare(in)
	w := &bufferedResponse{header: http.Header{}}
	(*handler).ServeHTTP(w, in)
	if req.Body != nil {
		_ = req.Body.Close()
	}
	if req.Method != http.MethodGet && w.status < http.StatusMultipleChoices && ctx.Value(routine{}) == nil {
		t.lastWrite.Store(time.Now().UnixNano())
	}
	return w.response(req), nil
}

// routine is the key of what Routine says.
type routine struct{}

// Routine marks requests of the process itself that come back for ever: they are no LastWrite.
func Routine(ctx context.Context) context.Context { return context.WithValue(ctx, routine{}, true) }

var errNotReady = http.ErrServerClosed

func isWatch(req *http.Request) bool {
	q := req.URL.Query()
	return req.Method == http.MethodGet && q.Has("watch") && q.Get("watch") != "false" && q.Get("watch") != "0"
}

// prepare makes a client's request look like one a server received.
func prepare(in *http.Request) {
	in.RequestURI = in.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:0"
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/2.0", 2, 0
	if in.Body == nil {
		in.Body = http.NoBody
	}
}

// bufferedResponse collects a whole answer: all but watches are answered
// before the next thing happens, on the caller's goroutine.
type bufferedResponse struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *bufferedResponse) Header() http.Header { return w.header }
func (w *bufferedResponse) Flush()              {}

// CloseNotify implements http.CloseNotifier, without which the apiserver does
// not see the Flusher.
func (w *bufferedResponse) CloseNotify() <-chan bool { return nil }
func (w *bufferedResponse) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}
func (w *bufferedResponse) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *bufferedResponse) response(req *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	return newResponse(req, w.status, w.header, io.NopCloser(&w.body), int64(w.body.Len()))
}

func newResponse(req *http.Request, status int, header http.Header, body io.ReadCloser, length int64) *http.Response {
	return &http.Response{
		Status:        strconv.Itoa(status) + " " + http.StatusText(status),
		StatusCode:    status,
		Proto:         "HTTP/2.0",
		ProtoMajor:    2,
		Header:        header,
		Body:          body,
		ContentLength: length,
		Request:       req,
	}
}

// stream answers a watch: the handler runs on its own goroutine and writes into
// a pipe that the client reads. Closing the body ends the handler.
func (t *transport) stream(ctx context.Context, handler http.Handler, req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(ctx)
	in := req.Clone(ctx)
	q := in.URL.Query()
	q.Set("timeoutSeconds", strconv.Itoa(watchTimeout))
	in.URL.RawQuery = q.Encode()
	prepare(in)
	reader, writer := io.Pipe()
	w := &streamedResponse{header: http.Header{}, pipe: writer, started: make(chan struct{})}
	go func() {
		defer cancel()
		handler.ServeHTTP(w, in)
		w.WriteHeader(http.StatusOK)
		if t.replay && ctx.Err() == nil && w.status == http.StatusOK && lasts(req) {
			t.progress.fail(&WatchEndedError{At: time.Now(), Path: req.URL.Path})
		}
		_ = writer.Close()
	}()
	select {
	case <-w.started:
	case <-ctx.Done():
		_ = reader.Close()
		return nil, ctx.Err()
	}
	return newResponse(req, w.status, w.sent, &cancelBody{reader, cancel}, -1), nil
}

type streamedResponse struct {
	header, sent http.Header
	status       int
	pipe         *io.PipeWriter
	started      chan struct{}
}

func (w *streamedResponse) Header() http.Header { return w.header }
func (w *streamedResponse) Flush()              {}

// CloseNotify implements http.CloseNotifier; the request's context tells when
// the client goes.
func (w *streamedResponse) CloseNotify() <-chan bool { return nil }
func (w *streamedResponse) WriteHeader(status int) {
	if w.status != 0 {
		return
	}
	w.status, w.sent = status, w.header.Clone()
	close(w.started)
}
func (w *streamedResponse) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.pipe.Write(p)
}

type cancelBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b *cancelBody) Close() error {
	b.cancel()
	return b.ReadCloser.Close()
}
