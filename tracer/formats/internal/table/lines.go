package table

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
	"time"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/source"
)

// Lines reads a text line by line. As with Reader, the first fault of a value
// ends it.
type Lines struct {
	values
	file    *source.File
	text    *source.Text
	scanner *bufio.Scanner
	line    int
	offset  int64
}

// OpenLines opens a text file.
func OpenLines(path string) (*Lines, error) {
	file, text, err := open(path)
	if err != nil {
		return nil, err
	}
	l := &Lines{values: values{path: path}, file: file, text: text, scanner: bufio.NewScanner(text)}
	l.scanner.Buffer(nil, MaxRecord)
	l.position = func(int) (int, int) { return l.line, 1 }
	return l, nil
}

// Next goes to the next line, and returns false at the end or after a fault.
func (l *Lines) Next() bool {
	if l.err != nil {
		return false
	}
	tracer.LetOthersRun(l.line)
	l.line++
	if !l.scanner.Scan() {
		if err := l.scanner.Err(); err != nil {
			if errors.Is(err, bufio.ErrTooLong) {
				err = source.ErrTooLong
			}
			l.err = fault(l.path, l.line, 1, "cannot read the line", err)
		}
		return false
	}
	// A line's end may be one byte longer; the mark only has to follow.
	l.offset += int64(len(l.scanner.Bytes())) + 1
	l.text.Mark(min(l.offset, l.text.End()))
	if l.line > MaxRows {
		l.Fail("there are more than %d lines: split the file", MaxRows)
		return false
	}
	return true
}

// Text returns the line without what ends it.
func (l *Lines) Text() string { return l.scanner.Text() }

// Words returns the words between space or tabs.
func (l *Lines) Words() []string { return strings.Fields(l.Text()) }

// Line returns the number of the line.
func (l *Lines) Line() int { return l.line }

// Int returns s, the line's value of that name, as a whole number from least to most.
func (l *Lines) Int(name, s string, least, most int64) int64 {
	return l.integer(0, name, s, least, most)
}

// Float returns s, the line's value of that name, as a number from least to most.
func (l *Lines) Float(name, s string, least, most float64) float64 {
	return l.number(0, name, s, least, most)
}

// Seconds returns s, the line's value of that name, as a duration of least or more.
func (l *Lines) Seconds(name, s string, least time.Duration) time.Duration {
	return l.seconds(0, name, s, least)
}

// Fail faults the line, unless there was a fault already.
func (l *Lines) Fail(format string, args ...any) { l.fail(0, fmt.Sprintf(format, args...)) }

// Close releases the file.
func (l *Lines) Close() { l.file.Close() }
