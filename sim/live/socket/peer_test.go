package socket

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// A client speaks to processes of its own user alone. (That a real other user is refused
// is a test of sim/cli, which needs root.)
func TestPeer(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	listener, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := checkPeer(conn, path, os.Geteuid()); err != nil {
		t.Errorf("own process: %v", err)
	}
	stranger := (*strangerError)(nil)
	if err := checkPeer(conn, path, os.Geteuid()+1); !errors.As(err, &stranger) || stranger.listens != os.Geteuid() {
		t.Errorf("another user's process: %v", err)
	}
}
