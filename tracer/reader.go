package tracer

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"simk.dev/simk/tracer/internal/source"
)

// Reader reads a trace as a stream. It is not safe for concurrent use.
type Reader struct {
	d    *decoder
	file *source.File
	head *Head
	seen map[string]bool // keys of the trace
	late bool            // some stand behind the events, and have been read

	next   int           // index of the next event
	last   time.Duration // time of the event before it
	latest time.Duration // events later than this have no representable instant
	err    error         // the first failure, or io.EOF: what Next returns from then on
}

// Open opens a trace and reads its head.
func Open(path string) (*Reader, error) { return open(path, Naming{}, nil, nil) }

// OpenNamed is Open for a trace that errors call otherwise.
func OpenNamed(path string, naming Naming) (*Reader, error) { return open(path, naming, nil, nil) }

// OpenTolerant is Open for those who want all faults, not the first: what does
// not keep the trace from being read on is passed to report. An object without
// a name is left out; an event out of order or after the end is handed out.
func OpenTolerant(path string, report func(*Error)) (*Reader, error) {
	return open(path, Naming{}, nil, report)
}

// open is Open; what is read, as it is stored, is written to tap too.
func open(path string, naming Naming, tap io.Writer, report func(*Error)) (*Reader, error) {
	naming = naming.of(path)
	if path == "-" {
		const twice = "a trace cannot be read from standard input: it is read twice, first to check it, so save it to a file"
		return nil, &Error{Event: -1, Msg: twice}
	}
	file, err := source.Open(path, tap)
	if err != nil {
		return nil, &Error{Pos: Position{File: naming.Name}, Event: -1, Msg: "cannot read the trace", Err: err}
	}
	r := &Reader{d: newDecoder(naming, file, limitsOf(file)), seen: map[string]bool{}}
	r.d.report = report
	if err := r.readHead(func() (*source.File, error) { return source.Open(path, nil) }); err != nil {
		file.Close()
		return nil, err
	}
	r.file = file
	return r, nil
}

const (
	// compressedObject bounds an object of a compressed file: an apiserver accepts 3 MiB.
	compressedObject = 4 << 20
	// bytesPerValue is how much text there is for each object or list within objects, at least. Each
	// takes some three hundred bytes, so that a text of nothing else would be fifty times as large.
	bytesPerValue = 24
)

// limitsOf are the limits of a file: what is held at once of a compressed one may not be far more
// than the file itself. Its events, of which one after the other is, may.
func limitsOf(file *source.File) limits {
	l := defaultLimits
	if bound := file.Bound(); bound >= 0 && bound < l.head {
		l = limits{object: min(l.object, compressedObject), event: min(l.event, bound), head: bound, values: bound / bytesPerValue}
	}
	return l
}

// newReader reads the head of the trace in text, which errors call name.
func newReader(name string, text io.Reader, l limits) (*Reader, error) {
	r := &Reader{d: newDecoder(Naming{Name: name}, text, l), seen: map[string]bool{}}
	if err := r.readHead(reopened(text)); err != nil {
		return nil, err
	}
	return r, nil
}

// Head returns what stands before the events.
func (r *Reader) Head() *Head { return r.head }

// Close releases the file.
func (r *Reader) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// Next returns the next event, and io.EOF after the last one.
func (r *Reader) Next() (*Event, error) {
	if r.err != nil {
		return nil, r.err
	}
	if !r.d.more() {
		r.d.event = -1
		r.err = r.endEvents()
		return nil, r.err
	}
	event, err := r.readEvent()
	if err != nil {
		r.err = err
		return nil, err
	}
	return event, nil
}

// endEvents reads what follows the last event. It returns io.EOF when all is well.
func (r *Reader) endEvents() error {
	d := r.d
	if _, err := d.token(); err != nil { // the bracket that closes the events
		return err
	}
	if r.late {
		return io.EOF
	}
	if d.more() {
		index, err := d.key("the trace", topKeys)
		if err != nil {
			return err
		}
		if topKeys[index] == "events" {
			return d.errorf(`duplicate key "events" in the trace`)
		}
		return d.errorf("%q stands after \"events\": all other keys must come first in what can be read once only", topKeys[index])
	}
	if _, err := d.token(); err != nil { // the brace that closes the trace
		return err
	}
	return r.end()
}

// end checks that nothing follows the trace.
func (r *Reader) end() error {
	d := r.d
	if err := d.advance(); err != nil {
		return err
	}
	if d.more() || d.text.Err() == nil && len(d.rest()) > 0 {
		return d.errorf("there is more text after the end of the trace")
	}
	if d.text.Err() != nil {
		return d.failed(false)
	}
	return io.EOF
}

// startTrace reads the opening brace of the trace, and helps those who give a file
// of another kind.
func (d *decoder) startTrace() error {
	const manifests = "convert Kubernetes manifests with: simk trace import manifests"
	token, err := d.token()
	text := d.rest()
	switch {
	case err == nil && token == json.Delim('{'):
		return nil
	case err == nil:
		return d.errorf("not a trace: want a JSON object, found %s (%s)", describe(token), manifests)
	case d.text.Err() != nil:
		return err
	case len(text) == 0:
		return &Error{Pos: Position{File: d.naming.Name}, Event: -1, Msg: "the file is empty"}
	case strings.HasPrefix(string(text[:min(len(text), 3)]), "\ufeff"):
		return d.errorf("the file starts with a byte order mark: save it as UTF-8 without one")
	}
	return d.errorf("not JSON, which a trace has to be: it starts with %s (%s)", opening(text), manifests)
}

// opening quotes the start of a text.
func opening(text []byte) string {
	line, _, _ := strings.Cut(string(text[:min(len(text), 200)]), "\n")
	return fmt.Sprintf("%q", shorten(strings.TrimSpace(line)))
}
