package sockets

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"simk.dev/simk/sim/clock"
)

// TestForbid is one test: what is forbidden stays forbidden.
func TestForbid(t *testing.T) {
	if !clock.Virtual {
		t.Skip("in wall-clock time only defaults are held back")
	}
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var refused []string
	OnRefusal(func(what string) { refused = append(refused, what) })
	Forbid()

	strict := attempts(t, server.Addr().String())
	check := func(when string, cases map[string]func() error) {
		for name, try := range cases {
			refused = nil
			if err := try(); err == nil || !strings.Contains(err.Error(), errForbidden.Error()) || len(refused) == 0 {
				t.Errorf("%s, %s: %v, refused %v", when, name, err, refused)
			}
		}
	}
	check("nobody is permitted", strict)

	port := server.Addr().(*net.TCPAddr).Port
	refused = nil
	if checkDialLoopback(t, port); len(refused) > 0 {
		t.Errorf("loopback was called, and %v refused", refused)
	}
	check("loopback was called", strict)

	own, err := Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("our own listener: %v", err)
	}
	defer own.Close()
	if err := Permit(context.Background(), fmt.Sprintf("localhost:%d", port)); err != nil {
		t.Fatal(err)
	}
	refused = nil
	if err := closed(net.Dial("tcp4", fmt.Sprintf("localhost:%d", port))); err != nil || len(refused) > 0 {
		t.Errorf("a permitted name: %v, refused %v", err, refused)
	}
	if err := closed(net.Dial("tcp", server.Addr().String())); err != nil {
		t.Errorf("its address: %v", err)
	}
	check("somebody is permitted", map[string]func() error{
		"another port": func() error { return closed(net.Dial("tcp", other.Addr().String())) },
		"another name": func() error { return closed(net.Dial("tcp", "a.example:80")) },
		"udp":          strict["udp"], "unix": strict["unix"], "packets": strict["packets"], "resolver": strict["resolver"],
	})
}

// attempts are the ways to a socket or a name, some of them of a server at that address.
func attempts(t *testing.T, address string) map[string]func() error {
	dialer := net.Dialer{Timeout: time.Second}
	return map[string]func() error{
		"tcp":      func() error { return closed(dialer.Dial("tcp", address)) },
		"udp":      func() error { return closed(net.Dial("udp", "127.0.0.1:53")) },
		"unix":     func() error { return closed(net.Dial("unix", filepath.Join(t.TempDir(), "s"))) },
		"unixgram": func() error { return closed(net.DialUnix("unixgram", nil, &net.UnixAddr{Name: "s", Net: "unixgram"})) },
		"listener": func() error { _, err := net.Listen("tcp", "127.0.0.1:0"); return err },
		"packets":  func() error { _, err := net.ListenPacket("udp", "127.0.0.1:0"); return err },
		"name": func() error {
			_, err := net.DefaultResolver.LookupIPAddr(context.Background(), "localhost")
			return err
		},
		"host": func() error { _, err := net.LookupHost("a.example"); return err },
		"resolver": func() error {
			_, err := (&net.Resolver{PreferGo: true}).LookupTXT(context.Background(), "a.example")
			return err
		},
		"http":                func() error { return answered(http.Get("http://" + address)) },
		"http, own transport": func() error { return answered((&http.Client{Transport: &http.Transport{}}).Get("https://a.example/")) },
	}
}

func closed(c net.Conn, err error) error {
	if err == nil {
		_ = c.Close()
	}
	return err
}

func answered(r *http.Response, err error) error {
	if err == nil {
		_ = r.Body.Close()
	}
	return err
}
