package socket

import (
	"errors"
	"fmt"
	"net"
)

// strangerError says that another user listens at the other end.
type strangerError struct {
	path             string
	listens, expects int
}

func (e *strangerError) Error() string {
	return fmt.Sprintf("user %d listens on %s, and user %d asks: only who started a cluster steers it", e.listens, e.path, e.expects)
}

// checkPeer makes sure that a process of that user listens at the other end: whoever
// else stands there could answer anything, such as the path of a kubeconfig of his.
func checkPeer(conn *net.UnixConn, path string, uid int) error {
	listens, err := peerUser(conn)
	if err != nil {
		return fmt.Errorf("ask who listens on %s: %w", path, err)
	}
	if listens != uid {
		return &strangerError{path, listens, uid}
	}
	return nil
}

// peerUser is the id of the user whose process listens at the other end.
func peerUser(conn *net.UnixConn) (uid int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { uid, failed = userOf(int(fd)) })
	return uid, errors.Join(err, failed)
}
