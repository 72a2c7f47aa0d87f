// Package held calls programs outside of the process, which answer in real time: while
// one is called, virtual time stands still. So neither the speed of time nor a jump of
// it makes a call expire, and no time passes in it for the cluster. Limits are real time.
package held

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"simk.dev/simk/sim/clock"
)

// Do does what waits for the network while virtual time stands still: time would jump
// over the wait otherwise. After limit of real time it ends what do does and returns an
// error that is context.DeadlineExceeded; else it returns do's.
func Do(ctx context.Context, limit time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	var err error
	go func() {
		defer close(done)
		err = do(ctx)
	}()
	if !clock.Hold(done, limit) {
		cancel()
		<-done
		return fmt.Errorf("no answer in %v of real time: %w", limit, context.DeadlineExceeded)
	}
	return err
}

// RoundTripper makes requests by next, and holds time until the whole answer is there or
// what limit says of the request has passed in real time.
func RoundTripper(next http.RoundTripper, limit func(*http.Request) time.Duration) http.RoundTripper {
	return &roundTripper{next, limit}
}

type roundTripper struct {
	next  http.RoundTripper
	limit func(*http.Request) time.Duration
}

// RoundTrip implements http.RoundTripper.
func (h *roundTripper) RoundTrip(request *http.Request) (*http.Response, error) {
	var response *http.Response
	err := Do(request.Context(), h.limit(request), func(ctx context.Context) (err error) {
		if response, err = h.next.RoundTrip(request.WithContext(ctx)); err != nil { //nolint:bodyclose // it is, below
			return err
		}
		body, err := io.ReadAll(response.Body)
		response.Body, err = io.NopCloser(bytes.NewReader(body)), errors.Join(err, response.Body.Close())
		return err
	})
	if err != nil {
		return nil, err
	}
	return response, nil
}

// WrappedRoundTripper implements upstream's net.RoundTripperWrapper.
func (h *roundTripper) WrappedRoundTripper() http.RoundTripper { return h.next }
