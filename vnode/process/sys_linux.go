package process

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes put a process into a group of its own, to be ended with its children, and end
// it when simk is killed: nobody else would.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// punch gives the file system back what a file has before an offset, which stays where it is.
func punch(f *os.File, before int64) error {
	return unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 0, before)
}
