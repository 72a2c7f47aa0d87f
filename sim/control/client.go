package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"simk.dev/simk/sim/watch"
)

// Client steers the cluster behind one socket.
type Client struct{ http http.Client }

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 1 << 24

// NewClient returns a client for the socket at that path.
func NewClient(path string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
	return &Client{http.Client{Transport: &http.Transport{DialContext: dial}}}
}

// Status asks what the cluster is doing.
func (c *Client) Status(ctx context.Context) (s Status, err error) {
	err = c.call(ctx, http.MethodGet, "/v1/status", nil, &s)
	return s, err
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

// Snapshot asks for what a live view shows.
func (c *Client) Snapshot(ctx context.Context, q watch.Query) (s watch.Snapshot, err error) {
	b, err := json.Marshal(q)
	if err != nil {
		return s, err
	}
	err = c.call(ctx, http.MethodPost, "/v1/snapshot", b, &s)
	return s, err
}

func (c *Client) change(ctx context.Context, body change) (s Status, err error) {
	b, err := json.Marshal(body)
	if err != nil {
		return s, err
	}
	err = c.call(ctx, http.MethodPost, "/v1/change", b, &s)
	return s, err
}

// call sends a request and reads the answer into answer.
func (c *Client) call(ctx context.Context, method, path string, body []byte, answer any) error {
	r, err := http.NewRequestWithContext(ctx, method, "http://simk.invalid"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("reach the cluster: %w", err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return errors.New(strings.TrimSpace(string(b)))
	}
	return json.Unmarshal(b, answer)
}
