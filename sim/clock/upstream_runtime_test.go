//go:build faketime && simk

package clock

import (
	"math/rand/v2"
	"net"
	"testing"
	"time"
)

// TestRuntimeIsFound checks that what the package takes from the runtime is the runtime's: a
// variable that is not there would be one of our own.
func TestRuntimeIsFound(t *testing.T) {
	if got, want := time.Unix(0, faketime), time.Now(); !got.Equal(want) {
		t.Errorf("the runtime's clock is at %v, and time.Now at %v", got, want)
	}
	before := time.Now()
	advance(time.Second)
	if got := time.Since(before); got != time.Second {
		t.Errorf("advancing by a second made it %v later", got)
	}
	timer := time.AfterFunc(time.Minute, func() {})
	defer timer.Stop()
	if got := time.Until(nextTimer()); got <= 0 || got > time.Minute {
		t.Errorf("the next timer is due in %v, want at most a minute", got)
	}
	Seed(1)
	first := rand.Uint64()
	Seed(1)
	if second := rand.Uint64(); first != second {
		t.Errorf("after the same seed chance is %d, then %d", first, second)
	}
}

// TestPollerIsFound checks the same of the descriptor by which the runtime waits for sockets.
func TestPollerIsFound(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if pollerFD() <= 0 {
		t.Fatalf("sockets are waited for by descriptor %d", pollerFD())
	}
	if AwaitSockets(0) {
		t.Fatal("a socket is ready before anybody has connected")
	}
	accepted := make(chan error, 1)
	go func() {
		_, err := listener.Accept()
		accepted <- err
	}()
	Settle()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := <-accepted; err != nil {
		t.Fatal(err)
	}
}
