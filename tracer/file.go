package tracer

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// WriteFile writes a whole trace to path, compressed when the name ends in .gz
// or .zst. The file appears complete or not at all. For events in a slice, see
// Each.
func WriteFile(path string, head *Head, events iter.Seq2[*Event, error]) (err error) {
	f, err := create(path, 0o666)
	if err != nil {
		return fmt.Errorf("write trace %q: %w", path, err)
	}
	defer f.discard()
	if err := f.compress(); err != nil {
		return fmt.Errorf("write trace %q: %w", path, err)
	}
	if err := writeAll(f.w, head, events); err != nil {
		return fmt.Errorf("write trace %q: %w", path, err)
	}
	if err := f.commit(); err != nil {
		return fmt.Errorf("write trace %q: %w", path, err)
	}
	return nil
}

// WriteWhole writes a file of any kind, with that mode before the umask. Like a
// trace it appears complete or not at all.
func WriteWhole(path string, mode os.FileMode, write func(io.Writer) error) error {
	f, err := create(path, mode)
	if err != nil {
		return err
	}
	defer f.discard()
	if err := write(f.w); err != nil {
		return err
	}
	return f.commit()
}

// Each returns the events of a slice.
func Each(events []Event) iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		for i := range events {
			if !yield(&events[i], nil) {
				return
			}
		}
	}
}

func writeAll(out io.Writer, head *Head, events iter.Seq2[*Event, error]) error {
	w, err := NewWriter(out, head)
	if err != nil {
		return err
	}
	if events != nil {
		for e, err := range events {
			if err != nil {
				return err
			}
			if err := w.WriteEvent(e); err != nil {
				return err
			}
		}
	}
	return w.Close()
}

// newFile is a file that takes its place when it is complete.
type newFile struct {
	path string
	file *os.File // beside path, so that renaming it works; nil at the end
	w    io.Writer
	zip  io.Closer // nil without compression
}

func create(path string, mode os.FileMode) (*newFile, error) {
	if err := checkLinks(path); err != nil {
		return nil, err
	}
	// Through a link, the file it leads to is replaced, not the link.
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, errors.New("it exists and is not a regular file")
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
	return f, nil
}

// compress compresses what is written if the file's name says so.
func (f *newFile) compress() error {
	switch {
	case strings.HasSuffix(f.path, ".gz"):
		z := gzip.NewWriter(f.file)
		f.w, f.zip = z, z
	case strings.HasSuffix(f.path, ".zst"):
		z, err := zstd.NewWriter(f.file, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return err
		}
		f.w, f.zip = z, z
	}
	return nil
}

// commit puts the complete file in its place.
func (f *newFile) commit() error {
	if f.zip != nil {
		if err := f.zip.Close(); err != nil {
			return err
		}
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
	return nil
}

// discard removes what was not committed.
func (f *newFile) discard() {
	if f.file == nil {
		return
	}
	f.file.Close()
	os.Remove(f.file.Name())
	f.file = nil
}
