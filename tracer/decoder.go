package tracer

import (
	"fmt"
	"hash/maphash"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"simk.dev/simk/tracer/internal/source"
)

const (
	whiteSpace    = " \t\r\n"
	betweenTokens = whiteSpace + ",:" // what may stand before a token
)

// decoder reads JSON in order and knows where each token and value stands. jsontext is the
// tokenizer of encoding/json/v2, several times as fast as that of encoding/json; it accepts the same
// here, but for what is nested deeper than MaxDepth anyway.
type decoder struct {
	text   *source.Text
	json   *jsontext.Decoder
	naming Naming

	report func(*Error) // nil unless the reader is tolerant

	event int   // for errors: the index of the event, or -1
	start int64 // where the last token or value may start, separators included
	depth int   // how many objects and lists it stands within

	// shift is how much further the text is than the tokenizer counts.
	shift int64

	limits limits
	// part is what is being read: it is partLimit long at most, to partEnd.
	part               string
	partLimit, partEnd int64
	// values counts the objects and lists in it.
	values int64
	// suspect says that there may be more to say about the value that is being read.
	suspect bool

	// strings are some of the short strings that were read last, by their hash: in a trace most are
	// repeated all the time.
	strings [1024]any
	seed    maphash.Seed
	scratch []byte
}

// limits are MaxObject, MaxEvent and MaxHead, less in tests.
type limits struct {
	object, event, head int64
	// values bounds the objects and lists in the values of a part of a compressed file, for which
	// the others are less, too; 0: there is no bound.
	values int64
}

// hint says what to do about a limit.
func (l limits) hint() string {
	if l.values > 0 {
		return ", which is more than a file of this size that is compressed may take of memory: if it is meant to be so, decompress it first"
	}
	return ""
}

var defaultLimits = limits{object: MaxObject, event: MaxEvent, head: MaxHead}

func newDecoder(naming Naming, r io.Reader, l limits) *decoder {
	text := source.NewText(r, int(l.object))
	return &decoder{text: text, json: newTokenizer(text), naming: naming, event: -1, limits: l, seed: maphash.MakeSeed()}
}

// newTokenizer reads all that is JSON: of a key that stands twice in a Kubernetes object the last
// counts, as for an apiserver, and broken UTF-8 is replaced.
func newTokenizer(r io.Reader) *jsontext.Decoder {
	return jsontext.NewDecoder(r, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// resume reads on at an offset, where the next key of the trace stands.
func (d *decoder) resume(offset int64) {
	const opening = "{"
	d.json = newTokenizer(io.MultiReader(strings.NewReader(opening), d.text))
	_, _ = d.json.ReadToken() // the opening: nothing can be wrong with it
	d.shift = offset - int64(len(opening))
}

// offset is how far the text has been read.
func (d *decoder) offset() int64 { return d.json.InputOffset() + d.shift }

// begin says what is read from here on, and how long it may be.
func (d *decoder) begin(part string, limit int64) {
	d.part, d.partLimit, d.partEnd, d.values = part, limit, d.offset()+limit, 0
}

// advance notes that a token or value follows.
func (d *decoder) advance() error {
	d.start, d.depth = d.offset(), d.json.StackDepth()
	d.text.Mark(d.start)
	if d.start > d.partEnd {
		return d.errorf("%s is longer than %s%s", d.part, size(d.partLimit), d.limits.hint())
	}
	return nil
}

// pos is where the last token or value starts.
func (d *decoder) pos() Position {
	return d.position(d.text.Skip(d.start, betweenTokens))
}

func (d *decoder) position(offset int64) Position {
	if d.naming.Made {
		return Position{File: d.naming.Name}
	}
	line, column := d.text.Position(offset)
	return Position{d.naming.Name, line, column}
}

// errorf is an error about the last token or value.
func (d *decoder) errorf(format string, args ...any) error {
	return d.errorAt(d.pos(), format, args...)
}

func (d *decoder) errorAt(pos Position, format string, args ...any) error {
	return &Error{Pos: pos, Event: d.event, Msg: fmt.Sprintf(format, args...)}
}

// tolerate is an error about what does not keep the trace from being read on;
// with a tolerant reader it is reported, and nil returned.
func (d *decoder) tolerate(fault Fault, pos Position, msg string) error {
	err := &Error{Fault: fault, Pos: pos, Event: d.event, Msg: msg}
	if d.report == nil {
		return err
	}
	d.report(err)
	return nil
}
