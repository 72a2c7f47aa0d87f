package socket

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"simk.dev/simk/sim/live"
)

// Client steers the cluster behind one socket.
type Client struct{ http http.Client }

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 1 << 24

// NewClient returns a client for the socket at that path. It speaks to this user's own
// processes only.
func NewClient(path string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
		if err != nil {
			return nil, err
		}
		if err := checkPeer(conn.(*net.UnixConn), path, os.Geteuid()); err != nil {
			_ = conn.Close()
			return nil, err
		}
		return conn, nil
	}
	return &Client{http.Client{Transport: &http.Transport{DialContext: dial}}}
}

// Status asks what the cluster is doing.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return call[Status](ctx, c, http.MethodGet, "/v1/status", nil)
}

// Pause stops the cluster's time.
func (c *Client) Pause(ctx context.Context) (Status, error) {
	paused := true
	return c.change(ctx, change{Paused: &paused})
}

// Resume lets it go on.
func (c *Client) Resume(ctx context.Context) (Status, error) {
	paused := false
	return c.change(ctx, change{Paused: &paused})
}

// SetSpeed sets virtual seconds per second; 0: as fast as possible.
func (c *Client) SetSpeed(ctx context.Context, speed float64) (Status, error) {
	return c.change(ctx, change{Speed: &speed})
}

// Until lets time run as fast as possible up to t, and returns when it is there.
func (c *Client) Until(ctx context.Context, t time.Time) (Status, error) {
	return c.change(ctx, change{Until: &t})
}

// Kubeconfig asks for a kubeconfig for a user, who is in these groups.
func (c *Client) Kubeconfig(ctx context.Context, who User) (string, error) {
	return call[string](ctx, c, http.MethodPost, "/v1/kubeconfig", who)
}

// ScaleNodes makes the nodes of simk up --nodes NUMBER so many.
func (c *Client) ScaleNodes(ctx context.Context, n int) (Status, error) {
	return c.change(ctx, change{Nodes: &n})
}

// Snapshot asks for what a live view shows.
func (c *Client) Snapshot(ctx context.Context, q live.Query) (live.Snapshot, error) {
	return call[live.Snapshot](ctx, c, http.MethodPost, "/v1/snapshot", q)
}

func (c *Client) change(ctx context.Context, body change) (Status, error) {
	return call[Status](ctx, c, http.MethodPost, "/v1/change", body)
}

// RefusedError says that the cluster does not do what was asked for, and why.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }

// call sends a request, with a body unless that is nil, and reads the answer.
func call[A any](ctx context.Context, c *Client, method, path string, body any) (answer A, err error) {
	var sent []byte
	if body != nil {
		if sent, err = json.Marshal(body); err != nil {
			return answer, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://simk.invalid"+path, bytes.NewReader(sent))
	if err != nil {
		return answer, err
	}
	response, err := c.http.Do(r)
	if stranger := (*strangerError)(nil); errors.As(err, &stranger) {
		return answer, stranger
	}
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err // its URL is made up; the socket's path is in the rest
	}
	if err != nil {
		return answer, fmt.Errorf("reach the cluster: %w", err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return answer, err
	}
	switch said := strings.TrimSpace(string(b)); response.StatusCode {
	case http.StatusOK:
	case http.StatusConflict, http.StatusBadRequest:
		return answer, &RefusedError{said}
	default:
		return answer, errors.New(said)
	}
	err = json.Unmarshal(b, &answer)
	return answer, err
}
