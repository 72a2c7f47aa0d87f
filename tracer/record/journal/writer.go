package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"simk.dev/simk/tracer"
)

// Writer appends to a recording. It is not safe for concurrent use.
type Writer struct {
	path string
	file *os.File
	buf  *bufio.Writer
	size int64
	err  error // the first failure
}

// ErrUnfinished says that there is a recording already, whose end nobody wrote.
var ErrUnfinished = errors.New("holds an unfinished recording")

// Create begins a recording. It replaces a file at path, but not an unfinished
// recording: a recorder that is started again after a crash must not remove what
// the one before it left.
func Create(path string, b Begin) (*Writer, error) {
	if err := refuseUnfinished(path); err != nil {
		return nil, fmt.Errorf("create recording %q: %w", path, err)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	// What is there stays until there is a recording that takes its place.
	temporary := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d.tmp", filepath.Base(path), os.Getpid()))
	_ = os.Remove(temporary)
	// Others need not read the names and environments of a cluster's workloads.
	file, err := os.OpenFile(temporary, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create recording: %w", err)
	}
	w := &Writer{path: path, file: file, buf: bufio.NewWriterSize(file, 64<<10)}
	err = w.Write(Line{Op: BeginOp, At: b.At, Recording: Version, Name: b.Name, Source: b.Source, Follows: b.Follows})
	if err == nil {
		err = w.Sync()
	}
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		file.Close()
		os.Remove(temporary)
		return nil, fmt.Errorf("create recording: %w", err)
	}
	return w, nil
}

// Write appends a line.
func (w *Writer) Write(l Line) error {
	if w.err != nil {
		return w.err
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if w.err = encoder.Encode(l); w.err == nil && b.Len() > maxLine {
		w.err = fmt.Errorf("%s is longer than an object of a trace may be, %d MiB", l.Ref.object(), tracer.MaxObject>>20)
	}
	if w.err == nil {
		_, w.err = w.buf.Write(b.Bytes())
	}
	if w.err != nil {
		w.err = fmt.Errorf("write recording %q: %w", w.path, w.err)
		return w.err
	}
	w.size += int64(b.Len())
	return nil
}

// Size is how many bytes were written.
func (w *Writer) Size() int64 { return w.size }

// Flush hands what was written to the system: it then survives the process.
func (w *Writer) Flush() error {
	if w.err == nil {
		w.err = w.buf.Flush()
	}
	return w.err
}

// Sync has what was written on the disk: it then survives the machine.
func (w *Writer) Sync() error {
	if err := w.Flush(); err != nil {
		return err
	}
	w.err = w.file.Sync()
	return w.err
}

// Close writes what is buffered. A finished recording has had an End line.
func (w *Writer) Close() error {
	return errors.Join(w.Sync(), w.file.Close())
}

func refuseUnfinished(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return nil // there is none, or creating it tells what is wrong
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return errors.New("it exists and is not a regular file")
	}
	start := make([]byte, 4<<10)
	n, _ := f.Read(start)
	if !Sniff(start[:n]) {
		return nil
	}
	return fmt.Errorf("the file %w: replay it, or make a trace of it with `simk trace import recording`, and remove it", ErrUnfinished)
}

// Sniff tells recordings by their first line.
func Sniff(prefix []byte) bool {
	first, _, _ := bytes.Cut(prefix, []byte{'\n'})
	var l Line
	return json.Unmarshal(first, &l) == nil && l.Op == BeginOp && l.Recording != ""
}
