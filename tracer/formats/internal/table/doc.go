// Package table reads the tables of public data sets: CSV with or without a
// header, and plain lines of words. It checks values where they stand, so that
// every error is a *tracer.Error with the file, the line and, in CSV, the column.
//
//	r, err := table.Open("pods.csv", "name", "cpu_milli")
//	defer r.Close()
//	for r.Next() {
//		cpu := r.Int("cpu_milli", 0, math.MaxInt64)
//		...
//	}
//	return r.Err()
//
// Input is untrusted: a record may take MaxRecord, a file MaxRows records and
// MaxText of decompressed text, so that what an importer keeps of each row is
// bounded too.
package table

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/source"
)

// Limits of one file, decompressed.
const (
	// MaxRecord bounds one record or line, in bytes. A reader may look 64 KiB
	// further.
	MaxRecord = 1 << 20
	// MaxRows bounds the records.
	MaxRows = 10_000_000
	// MaxText bounds the whole text, in bytes.
	MaxText = 1 << 30
)

var errText = fmt.Errorf("the text is longer than %d MiB: split it", MaxText>>20)

// bounded ends a text that is too long.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errText
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// open opens a file with all limits but that of rows.
func open(path string) (*source.File, *source.Text, error) {
	f, err := source.Open(path, nil)
	if err != nil {
		return nil, nil, fault(path, 0, 0, "cannot read it", err)
	}
	return f, source.NewText(&bounded{f.Whole(), MaxText}, MaxRecord), nil
}

func fault(path string, line, column int, msg string, err error) *tracer.Error {
	if errors.Is(err, source.ErrTooLong) {
		err = fmt.Errorf("a record is longer than %d KiB", MaxRecord>>10)
	}
	return &tracer.Error{Pos: tracer.Position{File: path, Line: line, Column: column}, Event: -1, Msg: msg, Err: err}
}

// shorten quotes a value for a message.
func shorten(s string) string {
	const most = 60
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return fmt.Sprintf("%q", s)
}
