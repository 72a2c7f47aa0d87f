package tracer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// newFile is a file that takes its place when it is complete. Libraries for this replace
// links, refuse pipes, or draw random names, which a replay must not (docs/determinism.md).
type newFile struct {
	path string
	file *os.File // beside path, so that renaming it works; nil at the end
	w    io.Writer
	zip  io.Closer // nil without compression
	// stream says that path is no file that could be replaced: file is path itself.
	stream bool
}

// anyMode is the mode of files that are no secret.
const anyMode = 0o666

func create(path string, mode os.FileMode) (*newFile, error) {
	if file, err := openDescriptor(path); file != nil || err != nil {
		return &newFile{path: path, file: file, w: file, stream: true}, err
	}
	// Through a link, the file it leads to is replaced, not the link.
	path, err := followed(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	switch {
	case err != nil: // there is none, or creating it tells what is wrong
	case info.IsDir():
		return nil, errors.New("it is a folder, not a file")
	case !info.Mode().IsRegular():
		file, err := openPipe(path)
		return &newFile{path: path, file: file, w: file, stream: true}, err
	case syscall.Access(path, 2) != nil: // W_OK
		return nil, fmt.Errorf("it exists and may not be written to: %w", fs.ErrPermission)
	}
	// The process number keeps two processes apart that write the same file. What
	// stands there is left from a process that was killed, or was put there by
	// somebody else, whose file must not be written into.
	temporary := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d.tmp", filepath.Base(path), os.Getpid()))
	_ = os.Remove(temporary)
	file, err := os.OpenFile(temporary, os.O_CREATE|os.O_WRONLY|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	f := &newFile{path: path, file: file, w: file}
	if err := keepOwner(file, path); err != nil {
		f.discard()
		return nil, err
	}
	if info != nil && mode == anyMode {
		if err := file.Chmod(info.Mode().Perm()); err != nil {
			f.discard()
			return nil, err
		}
	}
	return f, nil
}

// openDescriptor opens the names of the process's own descriptors. Where one is a file, others
// write to it too, before and after: it must not be replaced. Nil: path is no such name.
func openDescriptor(path string) (*os.File, error) {
	name := filepath.Clean(path)
	number, ok := map[string]string{"/dev/stdout": "1", "/dev/stderr": "2"}[name]
	for _, dir := range []string{"/dev/fd/", "/proc/self/fd/"} {
		if rest, found := strings.CutPrefix(name, dir); found {
			number, ok = rest, true
		}
	}
	if !ok {
		return nil, nil
	}
	fd, err := strconv.Atoi(number)
	if err != nil {
		return nil, nil //nolint:nilerr // a file of another name
	}
	if fd, err = syscall.Dup(fd); err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), path), nil
}

// openPipe opens a pipe or a device. It does not wait for who reads a pipe: nothing else of
// the process would happen meanwhile, and it could not be interrupted.
func openPipe(path string) (*os.File, error) {
	fd, err := syscall.Open(path, syscall.O_WRONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY|syscall.O_CLOEXEC, 0)
	if errors.Is(err, syscall.ENXIO) {
		return nil, errors.New("nobody reads the pipe: start its reader first")
	}
	if err != nil {
		return nil, err
	}
	if err := syscall.SetNonblock(fd, false); err != nil {
		_ = syscall.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

// maxLinks is how many links are followed.
const maxLinks = 40

// followed is where links lead, even if there is nothing there yet. A stranger's is refused.
func followed(path string) (string, error) {
	for range maxLinks {
		to, err := os.Readlink(path)
		if err != nil {
			return path, nil //nolint:nilerr // no link, or nothing
		}
		if err := checkLink(path); err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			// Dir(path) may be a link itself, and to begin with "..".
			dir, err := filepath.EvalSymlinks(filepath.Dir(path))
			if err != nil {
				return "", err
			}
			to = filepath.Join(dir, to)
		}
		path = to
	}
	return "", syscall.ELOOP
}

// commit puts the complete file in its place.
func (f *newFile) commit() error {
	if f.zip != nil {
		if err := f.zip.Close(); err != nil {
			return err
		}
	}
	if f.stream {
		file := f.file
		f.file = nil
		return file.Close()
	}
	if err := f.file.Sync(); err != nil {
		return err
	}
	if err := f.file.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.file.Name(), f.path); err != nil {
		return err
	}
	f.file = nil
	// The file is in its place. That it is still there after the machine crashed needs the
	// folder on the disk, which not every file system can do.
	if dir, err := os.Open(filepath.Dir(f.path)); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
	return nil
}

// discard removes what was not committed.
func (f *newFile) discard() {
	if f.file == nil {
		return
	}
	f.file.Close()
	if !f.stream {
		os.Remove(f.file.Name())
	}
	f.file = nil
}
