package socket

import "golang.org/x/sys/unix"

// userOf is the id of the user whose process is at the other end of a socket.
func userOf(fd int) (uid int, err error) {
	cred, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, err
	}
	return int(cred.Uid), nil
}
