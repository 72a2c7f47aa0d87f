package source

import (
	"bytes"
	"errors"
	"io"
)

// ErrTooLong says that one value did not end within the limit.
var ErrTooLong = errors.New("one value is too long")

// Text is a text that a decoder reads and that can tell the line and column of
// an offset. It keeps what lies behind the last Mark. A decoder marks the start
// of each value; more than the limit behind a mark is not handed out.
type Text struct {
	r     io.Reader
	limit int
	err   error // why reading ended, io.EOF included

	buf  []byte // the text from offset base on
	base int64
	read int64 // up to here the decoder has read

	mark      int64 // the last mark; line and lineStart are those of it
	line      int
	lineStart int64
}

// NewText returns the text of r, in which one value may take limit bytes.
func NewText(r io.Reader, limit int) *Text {
	return &Text{r: r, limit: limit, line: 1}
}

// Read hands out at most readSize bytes: a decoder then never reads further
// ahead than that, and the limit is exact up to it.
func (t *Text) Read(p []byte) (int, error) {
	if t.read == t.end() {
		if t.err == nil && t.read-t.mark > int64(t.limit)+readSize {
			t.err = ErrTooLong
		}
		if t.err == nil {
			t.fill()
		}
		if t.read == t.end() && t.err != nil {
			return 0, t.err
		}
	}
	n := copy(p, t.buf[t.read-t.base:])
	t.read += int64(n)
	return n, nil
}

func (t *Text) fill() {
	// Forget what lies before the mark once that is most of the window: each
	// byte is then moved once at most.
	if old := int(t.mark - t.base); old > len(t.buf)/2 && old >= readSize {
		t.buf = t.buf[:copy(t.buf, t.buf[old:])]
		t.base = t.mark
	}
	have := len(t.buf)
	if cap(t.buf)-have < readSize {
		bigger := make([]byte, have, 2*cap(t.buf)+readSize)
		copy(bigger, t.buf)
		t.buf = bigger
	}
	var n int
	n, t.err = t.r.Read(t.buf[have : have+readSize])
	t.buf = t.buf[:have+n]
}

func (t *Text) end() int64 { return t.base + int64(len(t.buf)) }

// Mark says that the text before offset is no longer needed. The limit counts
// from here. Marks never go back.
func (t *Text) Mark(offset int64) {
	t.line, t.lineStart = t.lineAt(offset)
	t.mark = offset
}

// Rewind has the text read again from offset on, which is behind the last mark.
func (t *Text) Rewind(offset int64) {
	t.read = min(max(offset, t.mark), t.end())
}

// PassList reads on from offset from, which stands inside a list of JSON, to behind its closing
// bracket, and keeps nothing of it. If another key of the object around it follows, ok is true,
// and what is read next begins with that key, at offset next. Nothing is said of lists that are
// no JSON: who reads them finds out.
func (t *Text) PassList(from int64) (next int64, ok bool) {
	for t.end() < from && t.err == nil {
		t.passed(t.end())
	}
	list := listEnd{depth: 1}
	for at := min(from, t.end()); ; {
		if n := list.find(t.buf[at-t.base:]); n >= 0 {
			t.Mark(at + int64(n))
			t.read = t.mark
			return t.mark, list.key
		}
		if at = t.end(); t.err != nil {
			return at, false
		}
		t.passed(at)
	}
}

// passed reads more, and forgets what lies before offset.
func (t *Text) passed(offset int64) {
	t.Mark(offset)
	t.read = offset
	t.fill()
}

// Position returns the line and the column, both from 1, of an offset behind
// the last mark. Columns count bytes.
func (t *Text) Position(offset int64) (line, column int) {
	offset = min(max(offset, t.mark), t.end())
	line, start := t.lineAt(offset)
	return line, int(offset-start) + 1
}

func (t *Text) lineAt(offset int64) (line int, lineStart int64) {
	passed := t.buf[t.mark-t.base : offset-t.base]
	line, lineStart = t.line, t.lineStart
	if n := bytes.Count(passed, []byte{'\n'}); n > 0 {
		line += n
		lineStart = t.mark + int64(bytes.LastIndexByte(passed, '\n')) + 1
	}
	return line, lineStart
}

// Skip returns the first offset from offset on at which no byte of cutset
// stands, as far as the text has been read.
func (t *Text) Skip(offset int64, cutset string) int64 {
	rest := t.From(offset)
	return offset + int64(len(rest)-len(bytes.TrimLeft(rest, cutset)))
}

// From returns the text from offset to where it has been read, valid until the
// next Read.
func (t *Text) From(offset int64) []byte {
	return t.buf[min(max(offset, t.mark), t.end())-t.base:]
}

// End is the offset up to which the text has been read.
func (t *Text) End() int64 { return t.end() }

// Err is why reading ended: nil while it has not, and nil at the regular end.
func (t *Text) Err() error {
	if errors.Is(t.err, io.EOF) {
		return nil
	}
	return t.err
}
