package socket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/live"
	"simk.dev/simk/sim/sockets"
)

// Pacer is what a server steers; clock.Pacer is one.
type Pacer interface {
	SetSpeed(float64) error
	Pause() error
	Resume() error
	Until(context.Context, time.Time) error
}

// maxBody bounds a request, in bytes.
const maxBody = 1 << 16

// Listen opens the socket. Its folder keeps strangers out.
func Listen(path string) (net.Listener, error) {
	listener, err := sockets.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on %s (a path of at most some 100 characters; TMPDIR sets where it is): %w", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = listener.Close()
		return nil, err
	}
	return listener, nil
}

// Cluster is what a server serves.
type Cluster struct {
	Pacer    Pacer
	Status   func() Status
	Snapshot func(live.Query) live.Snapshot
	// Kubeconfig makes a kubeconfig for a user, with a certificate of its own.
	Kubeconfig func(User) ([]byte, error)
	// ScaleNodes changes how many nodes there are of those that are a number.
	ScaleNodes func(ctx context.Context, n int) error
}

// Serve answers clients until ctx ends.
func Serve(ctx context.Context, listener net.Listener, cluster Cluster) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, _ *http.Request) { answer(w, cluster.Status()) })
	mux.HandleFunc("POST /v1/snapshot", func(w http.ResponseWriter, r *http.Request) {
		var q live.Query
		if read(w, r, &q) {
			answer(w, cluster.Snapshot(q))
		}
	})
	mux.HandleFunc("POST /v1/kubeconfig", func(w http.ResponseWriter, r *http.Request) {
		var who User
		if !read(w, r, &who) {
			return
		}
		text, err := cluster.Kubeconfig(who)
		if err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		answer(w, string(text))
	})
	mux.HandleFunc("POST /v1/change", func(w http.ResponseWriter, r *http.Request) {
		var c change
		if !read(w, r, &c) {
			return
		}
		if err := c.apply(r.Context(), cluster); err != nil {
			status := http.StatusConflict
			if errors.As(err, new(apierrors.APIStatus)) {
				status = http.StatusInternalServerError // the cluster could not do it
			}
			http.Error(w, err.Error(), status)
			return
		}
		answer(w, cluster.Status())
	})
	server := &http.Server{Handler: mux} // no timeouts: a jump of time would make them expire
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	err := server.Serve(listener)
	if errors.Is(err, http.ErrServerClosed) && ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("serve commands: %w", err)
}

func (c *change) apply(ctx context.Context, cluster Cluster) error {
	p := cluster.Pacer
	if c.Speed != nil {
		if err := clock.CheckSpeed(*c.Speed); err != nil {
			return err
		}
		if err := p.SetSpeed(*c.Speed); err != nil {
			return err
		}
	}
	if c.Paused != nil {
		do := p.Resume
		if *c.Paused {
			do = p.Pause
		}
		if err := do(); err != nil {
			return err
		}
	}
	if c.Nodes != nil {
		if err := cluster.ScaleNodes(ctx, *c.Nodes); err != nil {
			return err
		}
	}
	if c.Until != nil {
		return p.Until(ctx, *c.Until)
	}
	return nil
}

// read decodes a request's body, or answers what is wrong with it.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func answer(w http.ResponseWriter, s any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s)
}
