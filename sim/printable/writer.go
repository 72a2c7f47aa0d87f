package printable

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"unicode/utf8"

	"golang.org/x/term"
)

// Writer is a stream of the process for people: see the package. When who reads it is gone, as
// after `simk replay trace.json | head -1`, the rest is dropped without an error: what else the
// command does it still does.
type Writer struct {
	mu   sync.Mutex
	out  io.Writer
	gone bool
	// begun is a character that has not come completely yet.
	begun []byte
}

// NewWriter returns a stream that writes to out.
func NewWriter(out io.Writer) *Writer { return &Writer{out: out} }

// File is the file behind the stream; nil: it is none. What is written to it is not escaped.
func (w *Writer) File() *os.File {
	f, _ := w.out.(*os.File)
	return f
}

// Write writes text for people.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := p
	if len(w.begun) > 0 {
		text = append(w.begun, p...)
		w.begun = nil
	}
	if end := incomplete(text); end < len(text) {
		w.begun = append([]byte(nil), text[end:]...)
		text = text[:end]
	}
	return len(p), w.pass(escapeAll(text))
}

// Flush writes what is left of a character that never came completely.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := w.begun
	w.begun = nil
	return w.pass(escapeAll(rest))
}

// pass writes bytes as they are.
func (w *Writer) pass(p []byte) error {
	if w.gone || len(p) == 0 {
		return nil
	}
	_, err := w.out.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		w.gone, err = true, nil
	}
	return err
}

// incomplete is where a character begins whose other bytes have not come; the length: none does.
func incomplete(text []byte) int {
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		at := len(text) - back
		if utf8.RuneStart(text[at]) {
			if !utf8.FullRune(text[at:]) {
				return at
			}
			break
		}
	}
	return len(text)
}

// escapeAll is Escape but for layout.
func escapeAll(text []byte) []byte {
	from, out := 0, []byte(nil)
	for at := 0; at < len(text); {
		r, n := rune(text[at]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[at:])
		}
		if bad(r) || r == utf8.RuneError && n == 1 {
			out = append(append(out, text[from:at]...), escaped(string(text[at:at+n]), r)...)
			from = at + n
		}
		at += n
	}
	if out == nil {
		return text
	}
	return append(out, text[from:]...)
}

// Data returns the stream for data, such as JSON, which programs read byte for byte. On a terminal
// it is escaped even so: in a text of JSON that means the same.
func Data(out io.Writer) io.Writer {
	w, ok := out.(*Writer)
	if !ok {
		return out
	}
	if f := w.File(); f != nil && term.IsTerminal(int(f.Fd())) {
		return w
	}
	return data{w}
}

type data struct{ *Writer }

// Write writes bytes as they are.
func (d data) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(p), d.pass(p)
}
