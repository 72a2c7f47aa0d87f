package held

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"simk.dev/simk/sim/clock"
)

// server answers in this process, on a socket.
func server(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: handler}
	go func() { _ = s.Serve(listener) }()
	t.Cleanup(func() { _ = s.Close() })
	return "http://" + listener.Addr().String()
}

func client(limit time.Duration) *http.Client {
	return &http.Client{Transport: RoundTripper(&http.Transport{DisableKeepAlives: true}, func(*http.Request) time.Duration { return limit })}
}

func ask(c *http.Client, url string) (string, error) {
	r, err := c.Get(url)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return string(b), err
}

// No time passes in calls, also in several at once and in one that makes another.
func TestRoundTripper(t *testing.T) {
	if clock.Virtual && runtime.GOOS != "linux" {
		t.Skip("nothing ticks here while time stands still")
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ticks, err := clock.WallTicks(ctx, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	slow := server(t, func(w http.ResponseWriter, _ *http.Request) {
		<-ticks
		<-ticks
		_, _ = io.WriteString(w, strings.Repeat("slow", 10_000))
	})
	c := client(time.Minute)
	outer := server(t, func(w http.ResponseWriter, _ *http.Request) {
		answer, err := ask(c, slow)
		if err != nil {
			answer = err.Error()
		}
		_, _ = io.WriteString(w, "outer "+answer)
	})
	began := time.Now()
	answers := make(chan string)
	const n = 4
	for range n {
		go func() {
			answer, err := ask(c, outer)
			if err != nil {
				answer = err.Error()
			}
			answers <- answer
		}()
	}
	for range n {
		if answer := <-answers; answer != "outer "+strings.Repeat("slow", 10_000) {
			t.Errorf("the answer is %.100q", answer)
		}
	}
	if took := time.Since(began); clock.Virtual && took > time.Millisecond {
		t.Errorf("%v of virtual time passed", took)
	}
}

func TestNoAnswer(t *testing.T) {
	silent := server(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	wall := clock.Wall()
	_, err := ask(client(300*time.Millisecond), silent)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer in 300ms of real time") {
		t.Errorf("a server that says nothing: %v", err)
	}
	if took := clock.Wall().Sub(wall); took < 300*time.Millisecond || took > 5*time.Second {
		t.Errorf("that took %v", took)
	}
}

// Who asks and goes away is not waited for.
func TestGone(t *testing.T) {
	arrived := make(chan struct{})
	silent := server(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-arrived
		cancel()
	}()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, silent, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client(time.Minute).Do(r)
	if err == nil {
		response.Body.Close()
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("who goes away hears %v", err)
	}
}
