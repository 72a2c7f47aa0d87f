package source

import (
	"fmt"
	"io"
)

// How long a compressed text may be that is held in memory: a text of so many times the file's size,
// and that much besides. What a program makes of it takes some twenty times as much: a file of a MiB
// less than 1.5 GiB. Dumps of clusters are compressed to a tenth or a thirtieth.
const (
	maxRatio = 32
	maxExtra = 16 << 20
)

// Bound is how much of the text may be held in memory at once; less than 0: as much as there is,
// since the file itself is as long.
func (f *File) Bound() int64 {
	if !f.compressed {
		return -1
	}
	return maxExtra + maxRatio*max(f.size, f.counted.n)
}

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

// TooLong says that a part of the text is longer than Bound.
func (f *File) TooLong(part string) error {
	return fmt.Errorf("%s is more than %d MiB long when decompressed, from a file of %d KiB: more than a compressed file may take of memory, "+
		"%d times its size and %d MiB; if it is meant to be so, decompress the file first", part, f.Bound()>>20, max(f.size, f.counted.n)>>10, maxRatio, maxExtra>>20)
}

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
