package tracer

import (
	"fmt"
	"io"
	"iter"
	"os"
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

// WriteWhole writes a file of any kind, which appears complete or not at all. A new file
// gets that mode before the umask; one that anybody may see, 0666, keeps the mode that it has.
// Through a link the file that it leads to is replaced. To what is no file, a pipe or
// /dev/stdout, it is written as it comes.
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
