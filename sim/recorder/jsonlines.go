package recorder

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"simk.dev/simk/sim/limits"
	"simk.dev/simk/sim/report"
)

// JSONLines is a file of the results that grows during the run: one JSON object a
// line, in the order in which things happened. It is kept in the scratch folder
// until the run has ended.
type JSONLines struct {
	name  string
	start time.Time

	mu   sync.Mutex
	file *os.File
	// finish writes what is still held back.
	finish func() error
	enc    *json.Encoder
	err    error
}

// NewJSONLines makes a log of that name in a folder; empty: nobody will read it, and it keeps
// nothing. start is the trace's zero.
func NewJSONLines(dir, name string, start time.Time) (*JSONLines, error) {
	if dir == "" {
		return &JSONLines{name: name, start: start}, nil
	}
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriterSize(f, 1<<16)
	return &JSONLines{name: name, start: start, file: f, finish: out.Flush, enc: json.NewEncoder(out)}, nil
}

// newPackedJSONLines is NewJSONLines for a file that is compressed with zstd. One
// goroutine compresses, so that the bytes are the same each time.
func newPackedJSONLines(dir, name string, start time.Time) (*JSONLines, error) {
	l, err := NewJSONLines(dir, name, start)
	if err != nil {
		return nil, err
	}
	z, err := zstd.NewWriter(l.file, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriterSize(z, 1<<16)
	l.finish = func() error { return errors.Join(out.Flush(), z.Close()) }
	l.enc = json.NewEncoder(out)
	return l, nil
}

// Name is that of the file.
func (l *JSONLines) Name() string { return l.name }

// At is an instant as lines have it: in seconds from the trace's start, 0 for what
// came before.
func (l *JSONLines) At(t time.Time) float64 { return offsetOf(l.start, t).Seconds() }

// Add appends a line, the JSON of a value. What goes wrong File tells.
func (l *JSONLines) Add(line any) {
	if l.enc == nil {
		return // it keeps nothing
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.enc.Encode(line); err != nil && l.err == nil {
		l.err = err
	}
}

// File is the finished log as a file of the results. Nothing may be added any more.
func (l *JSONLines) File() (report.File, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.finish(); err != nil && l.err == nil {
		l.err = err
	}
	if l.err != nil {
		return report.File{}, fmt.Errorf("write %s: %w", l.name, limits.Files(l.err))
	}
	return report.File{Name: l.name, Write: func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(l.file, 0, math.MaxInt64))
		return err
	}}, nil
}
