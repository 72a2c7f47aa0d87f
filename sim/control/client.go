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
)

// Client steers the cluster behind one socket.
type Client struct{ http http.Client }

// NewClient returns a client for the socket at that path.
func NewClient(path string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
	return &Client{http.Client{Transport: &http.Transport{DialContext: dial}}}
}

// Status asks what the cluster is doing.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return c.call(ctx, http.MethodGet, "/v1/status", nil)
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

func (c *Client) change(ctx context.Context, body change) (Status, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return Status{}, err
	}
	return c.call(ctx, http.MethodPost, "/v1/change", b)
}

func (c *Client) call(ctx context.Context, method, path string, body []byte) (s Status, err error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://simk.invalid"+path, bytes.NewReader(body))
	if err != nil {
		return s, err
	}
	response, err := c.http.Do(r)
	if err != nil {
		return s, fmt.Errorf("reach the cluster: %w", err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		return s, err
	}
	if response.StatusCode != http.StatusOK {
		return s, errors.New(strings.TrimSpace(string(b)))
	}
	return s, json.Unmarshal(b, &s)
}
