// Package process looks after child processes. It asks whether they have ended
// instead of waiting for them: a wait is a system call, and in virtual time that
// holds the only processor, so that no signal would be heard meanwhile.
package process

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Step is how long to let pass between two questions, in wall time.
const Step = 20 * time.Millisecond

// Ended tells whether a child is over, and how it ended. It must not be asked again
// once it is, or after an error.
func Ended(p *os.Process) (status unix.WaitStatus, ended bool, err error) {
	pid, err := unix.Wait4(p.Pid, &status, unix.WNOHANG, nil)
	if errors.Is(err, syscall.EINTR) || err == nil && pid == 0 {
		return 0, false, nil
	}
	return status, err == nil, errors.Join(err, p.Release())
}
