package controlplane

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"simk.dev/simk/sim/clock"
)

// A watch that ends though its client did not end it fails a replay, but for those of custom
// resources; a live cluster's clients watch again.
func TestWatchThatEndsByItself(t *testing.T) {
	for _, c := range []struct {
		name, path          string
		replay, closed, bad bool
		status              int
	}{
		{name: "of a core resource", path: "/api/v1/pods", replay: true, status: http.StatusOK, bad: true},
		{name: "of another built-in resource", path: "/apis/apps/v1/deployments", replay: true, status: http.StatusOK, bad: true},
		{name: "of definitions", path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", replay: true, status: http.StatusOK, bad: true},
		{name: "of a custom resource", path: "/apis/example.com/v1/foos", replay: true, status: http.StatusOK},
		{name: "refused", path: "/api/v1/pods", replay: true, status: http.StatusGone},
		{name: "closed by its client", path: "/api/v1/pods", replay: true, closed: true, status: http.StatusOK},
		{name: "in a live cluster", path: "/api/v1/pods", status: http.StatusOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := &transport{progress: newProgress(), replay: c.replay}
			tr.bind(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(c.status)
				if c.closed {
					<-r.Context().Done()
				}
			}))
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://simk.invalid"+c.path+"?watch=1", nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := tr.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			if !c.closed {
				if _, err := io.ReadAll(response.Body); err != nil {
					t.Error(err)
				}
			}
			_ = response.Body.Close()
			clock.Settle()
			var ended *WatchEndedError
			select {
			case err := <-tr.progress.failed:
				if !c.bad || !errors.As(err, &ended) || ended.Path != c.path {
					t.Errorf("got %v", err)
				}
			default:
				if c.bad {
					t.Error("nothing was said")
				}
			}
		})
	}
}
