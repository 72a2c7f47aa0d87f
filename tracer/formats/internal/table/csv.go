package table

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/source"
)

// Reader reads a CSV file with a header, row by row. Its methods that return a
// value of the row keep the first fault: Next then returns false and Err tells it.
type Reader struct {
	values
	file    *source.File
	text    *source.Text
	csv     *csv.Reader
	header  []string
	columns map[string]int
	row     []string
	rows    int
	// The instants that Near has seen lie between these.
	earliest, latest time.Time
}

// Open opens a CSV file whose header must have those columns; it may have more.
func Open(path string, columns ...string) (*Reader, error) {
	file, text, err := open(path)
	if err != nil {
		return nil, err
	}
	r := &Reader{values: values{path: path}, file: file, text: text, columns: map[string]int{}}
	r.csv = csv.NewReader(text)
	r.csv.ReuseRecord = true
	r.position = r.fieldPosition
	if err := r.readHeader(columns); err != nil {
		file.Close()
		return nil, err
	}
	return r, nil
}

func (r *Reader) readHeader(want []string) error {
	header, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return fault(r.path, 0, 0, "it is empty: a header with the names of the columns is missing", nil)
	}
	if err != nil {
		return r.readFault(err)
	}
	r.header = append(r.header, header...)
	r.header[0] = strings.TrimPrefix(r.header[0], "\ufeff")
	for i, name := range r.header {
		r.header[i] = strings.TrimSpace(name)
		if _, twice := r.columns[r.header[i]]; twice {
			return r.Fault(i, "column %s is there twice", shorten(name))
		}
		r.columns[r.header[i]] = i
	}
	for _, name := range want {
		if _, ok := r.columns[name]; !ok {
			return fault(r.path, 1, 1, fmt.Sprintf("column %q is missing in the header", name), nil)
		}
	}
	r.text.Mark(r.csv.InputOffset())
	return nil
}

// Header returns the names of the columns.
func (r *Reader) Header() []string { return r.header }

// Next goes to the next row, and returns false at the end or after a fault.
func (r *Reader) Next() bool {
	if r.err != nil {
		return false
	}
	tracer.LetOthersRun(r.rows)
	row, err := r.csv.Read()
	if err != nil {
		if !errors.Is(err, io.EOF) {
			r.err = r.readFault(err)
		}
		return false
	}
	r.text.Mark(r.csv.InputOffset())
	r.row = row
	if r.rows++; r.rows > MaxRows {
		r.err = r.Fault(0, "there are more than %d rows: split the file", MaxRows)
		return false
	}
	return true
}

func (r *Reader) readFault(err error) error {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		line, _ := r.text.Position(r.text.End())
		return fault(r.path, line, 1, "cannot read the table", err)
	}
	if errors.Is(err, csv.ErrFieldCount) {
		return fault(r.path, p.Line, p.Column, fmt.Sprintf("the row does not have the header's %d columns", len(r.header)), nil)
	}
	return fault(r.path, p.Line, p.Column, "not CSV", p.Err)
}

// Path returns the file's path.
func (r *Reader) Path() string { return r.path }

// Line returns the number of the row's line.
func (r *Reader) Line() int {
	line, _ := r.csv.FieldPos(0)
	return line
}

// Fault returns an error about a value of the row, by the number of its column.
func (r *Reader) Fault(column int, format string, args ...any) error {
	line, at := r.fieldPosition(column)
	return fault(r.path, line, at, fmt.Sprintf(format, args...), nil)
}

// Fail is Fault by the name of the column, and what Err returns from now on
// unless there was a fault already.
func (r *Reader) Fail(column, format string, args ...any) {
	r.fail(r.columns[column], fmt.Sprintf(format, args...))
}

func (r *Reader) fieldPosition(column int) (line, at int) { return r.csv.FieldPos(column) }

// Close releases the file.
func (r *Reader) Close() { r.file.Close() }

// Has says whether the table has that column.
func (r *Reader) Has(column string) bool {
	_, ok := r.columns[column]
	return ok
}

// Text returns a value as it is, without space around it. It is empty where the
// column is missing.
func (r *Reader) Text(column string) string {
	i, ok := r.columns[column]
	if !ok {
		return ""
	}
	return strings.TrimSpace(r.row[i])
}
