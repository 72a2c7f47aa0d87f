package sim

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

// lineLog is a file of the results that grows during the run: one JSON object a
// line, in the order in which things happened. It is kept in the scratch folder
// until the run has ended.
type lineLog struct {
	name  string
	start time.Time

	mu   sync.Mutex
	file *os.File
	// finish writes what is still held back.
	finish func() error
	enc    *json.Encoder
	err    error
}

// newLineLog makes a log in a folder; empty: nobody will read it, and it keeps nothing.
func newLineLog(dir, name string, start time.Time) (*lineLog, error) {
	if dir == "" {
		return &lineLog{name: name, start: start}, nil
	}
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriterSize(f, 1<<16)
	return &lineLog{name: name, start: start, file: f, finish: out.Flush, enc: json.NewEncoder(out)}, nil
}

// newPackedLog is newLineLog for a file that is compressed with zstd. One
// goroutine compresses, so that the bytes are the same each time.
func newPackedLog(dir, name string, start time.Time) (*lineLog, error) {
	l, err := newLineLog(dir, name, start)
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

// at is an instant as lines have it: in seconds from the trace's start, 0 for what
// came before.
func (l *lineLog) at(t time.Time) float64 { return offsetOf(l.start, t).Seconds() }

// add appends a line.
func (l *lineLog) add(line any) {
	if l.enc == nil {
		return // it keeps nothing
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.enc.Encode(line); err != nil && l.err == nil {
		l.err = err
	}
}

// whole is the finished log as a file of the results. Nothing may be added any more.
func (l *lineLog) whole() (report.File, error) {
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
