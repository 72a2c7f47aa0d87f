package source

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// Line and column are right for every offset, however the text arrives and
// wherever marks are set.
func TestPositions(t *testing.T) {
	content := "first\n\n  third\r\nlast" + strings.Repeat("\nline", 40_000)
	for _, stride := range []int{1, 7, 5000, 200_000} {
		text := NewText(iotest.HalfReader(strings.NewReader(content)), 1<<20)
		var got bytes.Buffer
		line, column := 1, 1
		for i := range len(content) {
			if got.Len() == i {
				if _, err := io.CopyN(&got, text, int64(min(4096, len(content)-i))); err != nil {
					t.Fatal(err)
				}
			}
			if i%stride == 0 {
				text.Mark(int64(i))
			}
			if l, c := text.Position(int64(i)); i%997 < 3 && (l != line || c != column) {
				t.Fatalf("offset %d: %d:%d, want %d:%d", i, l, c, line, column)
			}
			if column++; content[i] == '\n' {
				line, column = line+1, 1
			}
		}
		if got.String() != content {
			t.Fatal("the text was changed")
		}
		if _, err := text.Read(make([]byte, 1)); !errors.Is(err, io.EOF) || text.Err() != nil {
			t.Errorf("at the end: %v, %v", err, text.Err())
		}
	}
}

// What lies before a mark is forgotten: the window stays small.
func TestWindowStaysSmall(t *testing.T) {
	text := NewText(strings.NewReader(strings.Repeat("x", 50<<20)), 1<<20)
	p := make([]byte, 10_000)
	var offset int64
	for {
		n, err := text.Read(p)
		offset += int64(n)
		text.Mark(offset)
		if errors.Is(err, io.EOF) {
			break
		}
	}
	if offset != 50<<20 {
		t.Errorf("read %d bytes", offset)
	}
	if cap(text.buf) > 8*readSize {
		t.Errorf("the window takes %d KiB", cap(text.buf)>>10)
	}
}

func TestLimit(t *testing.T) {
	const limit = 100_000
	text := NewText(strings.NewReader(strings.Repeat("x", 10*limit)), limit)
	n, err := io.Copy(io.Discard, text)
	if !errors.Is(err, ErrTooLong) || !errors.Is(text.Err(), ErrTooLong) {
		t.Errorf("got %v, %v", err, text.Err())
	}
	if n < limit || n > limit+2*readSize {
		t.Errorf("ended after %d bytes", n)
	}
}

func TestSkip(t *testing.T) {
	text := NewText(strings.NewReader("a, b"), 100)
	if _, err := io.ReadAll(text); err != nil {
		t.Fatal(err)
	}
	for from, want := range map[int64]int64{0: 0, 1: 3, 2: 3, 3: 3, 4: 4, 9: 9} {
		if got := text.Skip(from, " ,"); got != want {
			t.Errorf("from %d: %d, want %d", from, got, want)
		}
	}
}

func TestReadError(t *testing.T) {
	broken := errors.New("broken")
	text := NewText(io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(broken)), 100)
	got, err := io.ReadAll(text)
	if string(got) != "ab" || !errors.Is(err, broken) || !errors.Is(text.Err(), broken) {
		t.Errorf("got %q, %v, %v", got, err, text.Err())
	}
}
