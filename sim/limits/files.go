package limits

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/term"
)

// Error says what the system gives too little of, and what to do.
type Error struct{ error }

func (e *Error) Unwrap() error { return e.error }

// Folder adds to an error from making a folder for temporary files what to do, as Files does.
func Folder(err error) error {
	for _, refused := range []error{syscall.EROFS, syscall.EACCES, syscall.EPERM, syscall.ENOENT, syscall.ENOTDIR} {
		if errors.Is(err, refused) {
			return &Error{fmt.Errorf("%w: set TMPDIR to a folder in which you may write", err)}
		}
	}
	return Files(err)
}

// Files adds to an error about a temporary file what there was too little of, and what to
// do, as Process does.
func Files(err error) error {
	dir := os.TempDir()
	switch {
	case errors.As(err, new(*Error)):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return &Error{fmt.Errorf("%w: %s, the folder for temporary files, has %s left; set TMPDIR to one with more room (a small run needs %s)",
			err, dir, size(diskFree(dir)), size(LeastOfDisk))}
	}
	return Process(err)
}

// Process adds to an error what this process may have too little of, and what to do. It
// returns other errors as they are.
func Process(err error) error {
	for _, l := range []struct {
		errno syscall.Errno
		raise string
	}{
		{syscall.EMFILE, "the limit on open files (ulimit -n)"},
		{syscall.ENFILE, "the system's limit on open files (sysctl fs.file-max)"},
		{syscall.EFBIG, "the limit on the size of a file (ulimit -f)"},
		{syscall.ENOMEM, "the limit on address space (ulimit -v)"},
		{syscall.EAGAIN, "the limit on processes (ulimit -u)"},
	} {
		if errors.Is(err, l.errno) && !errors.As(err, new(*Error)) {
			return &Error{fmt.Errorf("%w: raise %s", err, l.raise)}
		}
	}
	return err
}

// LeastOfDisk is with how much room for temporary files a small run ends well, in bytes: measured.
const LeastOfDisk = 16 << 20

// Exit ends the process at once, with a sentence and exit code 2, from a goroutine that
// nobody waits for. It removes dir, the run's scratch folder.
func Exit(err error, dir string) {
	fmt.Fprint(os.Stderr, sentence(err))
	_ = os.RemoveAll(dir)
	os.Exit(2)
}

// sentence is an error as the program prints it, in place of a line of progress that a
// terminal may show.
func sentence(err error) string {
	clear := ""
	if term.IsTerminal(int(os.Stderr.Fd())) {
		clear = "\r\x1b[K"
	}
	return clear + "simk: " + err.Error() + "\n"
}
