package source

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// utf8Text reads text that begins with a byte order mark as UTF-8 without one: PowerShell writes
// UTF-16, and editors of Windows a mark before UTF-8. Other text is taken as it is.
func utf8Text(r io.Reader) (io.Reader, error) {
	text, ok := r.(*bufio.Reader)
	if !ok {
		text = bufio.NewReaderSize(r, readSize)
	}
	start, _ := text.Peek(4) // what cannot be read is told where it is read
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		_, _ = text.Discard(3)
		return text, nil
	case bytes.HasPrefix(start, []byte{0xff, 0xfe, 0, 0}), bytes.HasPrefix(start, []byte{0, 0, 0xfe, 0xff}):
		return nil, fmt.Errorf("is text in UTF-32: only UTF-8 and UTF-16 are read")
	case bytes.HasPrefix(start, []byte{0xff, 0xfe}), bytes.HasPrefix(start, []byte{0xfe, 0xff}):
		return transform.NewReader(text, unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()), nil
	case len(start) == 4 && (start[0] == 0) != (start[1] == 0) && (start[2] == 0) != (start[3] == 0):
		return nil, fmt.Errorf("is text in UTF-16 without a byte order mark, as it seems: save it as UTF-8")
	}
	return text, nil
}
