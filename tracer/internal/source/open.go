// Package source opens the text of an input file, compressed or not, and
// remembers where in it a decoder is.
//
// Open looks at the content, not at the name: gzip and zstd are recognised by
// their first bytes. Text hands the text to a decoder, keeps a short window of
// it for error positions, and bounds how much a single value may take, so that
// a hostile file cannot exhaust memory:
//
//	f, err := source.Open("trace.json.gz", nil)
//	text := source.NewText(f, 16<<20)
//	decoder := json.NewDecoder(text)
package source

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"simk.dev/simk/tracer/interrupt"
)

// MaxZstdWindow is the largest zstd window that is decoded: what `zstd --ultra
// -22` writes. A decoder needs that much memory, so that the file may not
// choose it freely.
const MaxZstdWindow = 128 << 20

// readSize is how much is read from a file at once.
const readSize = 64 << 10

// File is the decompressed text of a file.
type File struct {
	io.Reader
	stored io.Reader
	close  []func()
	// compressed, counted and size are for Bound: size is the file's, 0 for a stream.
	compressed bool
	counted    *counter
	size       int64
}

// Open opens a regular file. What is read from it, as it is stored, is also
// written to tap unless tap is nil.
func Open(path string, tap io.Writer) (*File, error) {
	// Stat first: opening a named pipe would block for ever.
	info, err := os.Stat(path)
	if err != nil {
		return nil, bare(err)
	}
	if info.IsDir() {
		return nil, errors.New("is a directory, not a file")
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is not a regular file: it would have to be read twice")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, bare(err)
	}
	f, err := New(file, tap)
	if err != nil {
		file.Close()
		return nil, err
	}
	f.size = info.Size()
	f.close = append(f.close, func() { file.Close() })
	return f, nil
}

// New is Open for a stream, which it does not close.
func New(r io.Reader, tap io.Writer) (*File, error) {
	if tap != nil {
		r = io.TeeReader(r, tap)
	}
	counted := &counter{Reader: &interruptible{r}}
	stored := bufio.NewReaderSize(counted, readSize)
	f := &File{Reader: stored, stored: stored, counted: counted}
	start, err := stored.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, bare(err)
	}
	switch {
	case bytes.HasPrefix(start, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(stored)
		if err != nil {
			return nil, damaged("gzip", err)
		}
		f.Reader, f.compressed = &compressed{z, "gzip"}, true
	case bytes.HasPrefix(start, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		// One decoder, no goroutines: the order of what runs stays the same.
		z, err := zstd.NewReader(stored, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(MaxZstdWindow))
		if err != nil {
			return nil, damaged("zstd", err)
		}
		f.Reader, f.compressed = &compressed{z, "zstd"}, true
		f.close = append(f.close, z.Close)
	default:
		if name := foreign(start); name != "" {
			return nil, fmt.Errorf("is compressed with %s: only gzip and zstd are read", name)
		}
	}
	if f.Reader, err = utf8Text(f.Reader); err != nil {
		return nil, err
	}
	return f, nil
}

// standard is standard input: who finds out what it holds must leave it to who reads it.
var standard struct {
	from *os.File
	file *File
}

// Standard opens standard input, which can only be read once.
func Standard() (*File, error) {
	if standard.from == os.Stdin {
		return standard.file, nil
	}
	f, err := New(os.Stdin, nil)
	if err != nil {
		return nil, err
	}
	f.Reader = bufio.NewReaderSize(f.Reader, peekSize)
	standard.from, standard.file = os.Stdin, f
	return f, nil
}

// peekSize is how much of standard input can be looked at before it is read.
const peekSize = 128 << 10

// Look returns the beginning of standard input, at most n bytes, without reading it.
func (f *File) Look(n int) ([]byte, error) {
	text, err := f.Reader.(*bufio.Reader).Peek(min(n, peekSize))
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return text, err
}

// interruptible ends with the process' work.
type interruptible struct{ io.Reader }

func (r *interruptible) Read(p []byte) (int, error) {
	if err := interrupt.Check(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// Drain reads the rest of the stored bytes, so that tap has seen them all.
func (f *File) Drain() error {
	_, err := io.Copy(io.Discard, f.stored)
	return err
}

// Close releases the file.
func (f *File) Close() error {
	for _, c := range f.close {
		c()
	}
	f.close = nil
	return nil
}

// compressed names the compression in its errors.
type compressed struct {
	io.Reader
	name string
}

func (c *compressed) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = damaged(c.name, err)
	}
	return n, err
}

func damaged(name string, err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("the %s data is cut off: %w", name, io.ErrUnexpectedEOF)
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return fmt.Errorf("the zstd data needs a window of more than %d MiB: %w", MaxZstdWindow>>20, err)
	}
	return fmt.Errorf("the %s data is damaged: %w", name, err)
}

// foreign names the compressions that are not read.
func foreign(start []byte) string {
	for _, f := range []struct{ magic, name string }{
		{"\xfd7zX", "xz"}, {"BZh", "bzip2"}, {"PK\x03\x04", "zip"}, {"\x04\x22\x4d\x18", "lz4"},
	} {
		if bytes.HasPrefix(start, []byte(f.magic)) {
			return f.name
		}
	}
	return ""
}

// bare drops the operation and the path of a file error: the caller names the
// file in its own way.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
