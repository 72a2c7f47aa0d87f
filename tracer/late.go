package tracer

import (
	"errors"
	"io"
	"math"

	"simk.dev/simk/tracer/internal/source"
)

// readLate reads the keys of the trace that stand behind its events, if there are any: the order
// of keys in JSON means nothing, and programs that sort them put kind, metadata and objects there.
// For that the text is opened a second time; nil again: it cannot be.
func (r *Reader) readLate(again func() (*source.File, error)) error {
	if again == nil {
		return nil
	}
	file, err := again()
	if err != nil {
		return &Error{Pos: Position{File: r.d.naming.Name}, Event: -1, Msg: "cannot read the trace", Err: err}
	}
	defer file.Close()
	d := newDecoder(r.d.naming, file, r.d.limits)
	d.report = r.d.report
	offset, ok := d.text.PassList(r.d.offset())
	if !ok {
		return nil
	}
	d.resume(offset)
	events := r.d
	r.d = d
	defer func() { r.d, r.late = events, true }()
	d.begin("everything but the events", d.limits.head-events.offset())
	if err := r.readFields(); err != nil {
		return err
	}
	if err := r.end(); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// reopened opens a text in memory another time; nil: it is a stream.
func reopened(text io.Reader) func() (*source.File, error) {
	at, ok := text.(io.ReaderAt)
	if !ok {
		return nil
	}
	return func() (*source.File, error) { return source.New(io.NewSectionReader(at, 0, math.MaxInt64), nil) }
}
