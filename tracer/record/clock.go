package record

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"k8s.io/client-go/rest"
)

// askTimeout bounds a question for the time.
const askTimeout = 5 * time.Second

// serverClock tells what time it is at the server: a simulated one may be at
// another time than this process, and run faster.
type serverClock struct {
	client *http.Client
	url    string
	// The last answer, and this process' time then.
	last, asked time.Time
}

func newServerClock(config *rest.Config, client *http.Client) (*serverClock, error) {
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	u, err := url.JoinPath(base.String(), "/version") // everyone may ask for it
	return &serverClock{client: client, url: u}, err
}

// ask returns the server's time, from the Date of an answer: in whole seconds,
// rounded down, as are all times in Kubernetes' objects. One that sends no Date
// has this process' time.
func (c *serverClock) ask() (time.Time, error) {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, nil)
	if err != nil {
		return time.Time{}, err
	}
	res, err := c.client.Do(req)
	if err != nil {
		return time.Time{}, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20)); err != nil {
		return time.Time{}, err
	}
	now := time.Now().UTC().Truncate(time.Second)
	if t, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		now = t.UTC()
	} else if res.StatusCode >= http.StatusInternalServerError {
		return time.Time{}, fmt.Errorf("ask for the version: %s", res.Status)
	}
	c.last, c.asked = now, time.Now()
	return now, nil
}

// now is ask, three times if it must be. When there is no answer the time is
// guessed from the last one.
func (c *serverClock) now(ctx context.Context) time.Time {
	for i := 0; i < 3; i++ {
		if t, err := c.ask(); err == nil {
			return t
		}
		select {
		case <-ctx.Done():
			i = 3 // the recording ends
		case <-time.After(time.Second):
		}
	}
	return c.last.Add(time.Since(c.asked)).Truncate(time.Second)
}
