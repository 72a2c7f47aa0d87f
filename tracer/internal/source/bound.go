package source

import (
	"fmt"
	"io"
)

// How long a compressed text may be that is held in memory. What a program makes of it takes up
// to twenty times as much: with minText a file of up to a MiB takes less than 1.5 GiB, whatever
// it holds. Each byte more allows maxRatio: kubectl's JSON, which is indented, is compressed to
// a fortieth by gzip, and by zstd to a ninetieth.
const (
	minText  = 48 << 20
	smallest = 1 << 20
	maxRatio = 128
)

// Bound is how much of the text may be held in memory at once; less than 0: as much as there is,
// since the file itself is as long.
func (f *File) Bound() int64 {
	if !f.compressed {
		return -1
	}
	return minText + maxRatio*max(f.length()-smallest, 0)
}

// length is how long the compressed file is, or as much of a stream as was read.
func (f *File) length() int64 { return max(f.size, f.counted.n) }

// Whole is the text for those who hold all of it in memory: it ends with an error where it
// is longer than Bound.
func (f *File) Whole() io.Reader { return &bounded{File: f} }

type bounded struct {
	*File
	read int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.File.Read(p)
	b.read += int64(n)
	if bound := b.Bound(); bound >= 0 && b.read > bound {
		return 0, b.TooLong("it")
	}
	return n, err
}

// TooLongError says that a part of a compressed text is longer than Bound.
type TooLongError struct {
	part        string
	bound, size int64
}

func (e *TooLongError) Error() string {
	return fmt.Sprintf("%s is more than %d MiB long when decompressed, from a file of %d KiB: more memory than a compressed file may take; "+
		"if it is meant to be so, decompress the file first", e.part, e.bound>>20, e.size>>10)
}

// TooLong says that a part of the text is longer than Bound.
func (f *File) TooLong(part string) error { return &TooLongError{part, f.Bound(), f.length()} }

// counter counts what is read.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}
