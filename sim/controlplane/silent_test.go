package controlplane

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"
)

// Connections over which nothing is asked are closed after some ticks, and no others.
func TestSilentConnectionsEnd(t *testing.T) {
	s := &silent{since: map[net.Conn]int{}}
	mute, speaks := pipe(t), pipe(t)
	s.changed(mute.server, http.StateNew)
	s.changed(speaks.server, http.StateNew)
	s.changed(speaks.server, http.StateActive)
	for range silentTicks {
		s.tick()
	}
	if isClosed(t, mute.client) {
		t.Error("it was closed too early")
	}
	s.tick()
	if !isClosed(t, mute.client) {
		t.Error("a silent connection is left")
	}
	if isClosed(t, speaks.client) {
		t.Error("a connection in use was closed")
	}
	s.changed(mute.server, http.StateClosed)
	if len(s.since) != 0 {
		t.Errorf("%d connections are remembered", len(s.since))
	}
}

type ends struct{ client, server net.Conn }

func pipe(t *testing.T) ends {
	client, server := net.Pipe()
	t.Cleanup(func() { _, _ = client.Close(), server.Close() })
	return ends{client, server}
}

// isClosed asks by reading, for an instant.
func isClosed(t *testing.T, c net.Conn) bool {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		return errors.Is(err, io.ErrClosedPipe)
	}
	_, err := c.Read(make([]byte, 1))
	if !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	return errors.Is(err, io.EOF)
}
