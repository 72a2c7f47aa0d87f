package sockets

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestLoopback(t *testing.T) {
	for host, want := range map[string]int{
		"127.0.0.1": 1, "127.255.0.9": 1, "::1": 1, "::ffff:127.0.0.1": 1, "localhost": 2, "LocalHost.": 2,
		"": 0, "0.0.0.0": 0, "::": 0, "10.0.0.1": 0, "128.0.0.1": 0, "::2": 0, "::1%lo": 0, "::ffff:10.0.0.1": 0, "a.example": 0,
		// What only looks like loopback: names, and numbers that some would read as its addresses.
		"localhost.example": 0, "a.localhost": 0, "127.0.0.1.example": 0, "127.1": 0, "0127.0.0.1": 0, "2130706433": 0, "0x7f000001": 0,
	} {
		if got := Loopback(host); len(got) != want {
			t.Errorf("%q is %v, want %d addresses", host, got, want)
		}
	}
}

// checkDialLoopback connects to a server on 127.0.0.1 by each of its names.
func checkDialLoopback(t *testing.T, port int) {
	for _, host := range []string{"127.0.0.1", "localhost", "LOCALHOST."} {
		if err := closed(DialLoopback(context.Background(), "tcp", fmt.Sprintf("%s:%d", host, port))); err != nil {
			t.Errorf("loopback by %s: %v", host, err)
		}
	}
}

func TestDialLoopbackElsewhere(t *testing.T) {
	for _, address := range []string{"192.0.2.1:443", "a.example:443", "[::ffff:192.0.2.1]:443", "localhost.example:443"} {
		var foreign *ForeignError
		if err := closed(DialLoopback(context.Background(), "tcp", address)); !errors.As(err, &foreign) || foreign.Address != address {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"127.0.0.1", "127.0.0.1:https", "127.0.0.1:70000", "127.0.0.1:-1"} {
		if err := closed(DialLoopback(context.Background(), "tcp", address)); err == nil {
			t.Errorf("%s: no error", address)
		}
	}
}
