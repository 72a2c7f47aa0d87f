package kube

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// splitter cuts YAML text into documents and knows the line each one starts at.
// The parser alone takes the whole text at once and loses the lines.
type splitter struct {
	r     *bufio.Reader
	limit int
	line  int    // lines read so far
	begun []byte // the start of the next document, from its separator's line
}

// mark is a byte order mark, with which a document may begin.
const mark = "\ufeff"

// next returns the next document that has any content, and its first line.
func (s *splitter) next() ([]byte, int, error) {
	text, start := s.begun, s.line
	s.begun = nil
	for {
		row, err := s.row(len(text))
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, max(start, 1), err
		}
		if len(text) == 0 || bytes.HasPrefix(row, []byte(mark+"---")) {
			row = bytes.TrimPrefix(row, []byte(mark)) // files of Windows that were put together
		}
		content, separator := separated(row)
		if separator && len(text) > 0 {
			s.begun = bytes.Clone(content)
			return text, start, nil
		}
		if len(text) > 0 || !ignored(content) {
			if len(text) == 0 {
				start = s.line
			}
			text = append(text, content...)
		}
		if errors.Is(err, io.EOF) {
			if len(text) == 0 {
				return nil, 0, io.EOF
			}
			return text, start, nil
		}
	}
}

// row reads a line, of which at most the limit less the length so far is kept.
func (s *splitter) row(soFar int) ([]byte, error) {
	s.line++
	var row []byte
	for {
		piece, err := s.r.ReadSlice('\n')
		row = append(row, piece...)
		if soFar+len(row) > s.limit {
			return nil, fmt.Errorf("longer than %d MiB", s.limit>>20)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return row, err
		}
	}
}

// separated tells whether a line separates documents, and returns the content
// in it.
func separated(row []byte) (content []byte, separator bool) {
	line := bytes.TrimRight(row, " \t\r\n")
	for _, sign := range []string{"---", "..."} {
		rest, found := bytes.CutPrefix(line, []byte(sign))
		if found && (len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t') {
			if ignored(rest) {
				return nil, true
			}
			return append(rest, '\n'), true
		}
	}
	return row, false
}

// ignored tells whether a line before a document says nothing: empty, a
// comment, a directive.
func ignored(row []byte) bool {
	row = bytes.TrimLeft(row, " \t\r\n\ufeff")
	return len(row) == 0 || row[0] == '#' || row[0] == '%'
}
