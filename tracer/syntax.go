package tracer

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"simk.dev/simk/tracer/internal/source"
)

// failed says why the last token, or the whole value, could not be read.
func (d *decoder) failed(whole bool) error {
	var at int64
	var err error
	if d.text.Err() == nil {
		at, err = d.fault(whole)
	}
	if cause := d.text.Err(); cause != nil {
		if errors.Is(cause, source.ErrTooLong) {
			return d.tooLong()
		}
		return &Error{Pos: d.position(d.text.End()), Event: d.event, Err: cause}
	}
	switch {
	case err == nil:
		return d.errorf("%s", tooDeep)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		const cut = "the file ends within the trace: it is cut off"
		return &Error{Pos: d.position(d.text.End()), Event: d.event, Msg: cut, Err: io.ErrUnexpectedEOF}
	}
	return d.errorAt(d.position(at), "not valid JSON: %v", err)
}

// fault has encoding/json read the last token or value once more: its words for what is no JSON
// name the byte and what was expected in its place. It returns where that byte stands, and nil for
// what is JSON and only too deep for the tokenizer.
func (d *decoder) fault(whole bool) (at int64, err error) {
	before := d.before()
	shift := d.start - int64(len(before))
	d.text.Rewind(d.start)
	again := json.NewDecoder(io.MultiReader(strings.NewReader(before), d.text))
	for again.InputOffset() < int64(len(before)) {
		if _, err := again.Token(); err != nil {
			return d.start, err // cannot be: what comes before is JSON
		}
	}
	var value json.RawMessage
	if whole {
		err = again.Decode(&value)
	} else {
		_, err = again.Token()
	}
	at = d.text.Skip(again.InputOffset()+shift, whiteSpace)
	// Where a token does not fit, encoding/json stands at it. Where a value is broken inside, it
	// stands before it, and the offset in its error does not count what was read as tokens: parsing
	// the value alone gives the right one.
	var inside *json.SyntaxError
	if errors.As(json.Unmarshal(d.text.From(at), &value), &inside) && err != nil && inside.Error() == err.Error() {
		at += inside.Offset - 1
	}
	return at, err
}

// before is JSON after which start is where the text has it, in an object or a list and behind
// what else is in there.
func (d *decoder) before() string {
	kind, n := d.json.StackIndex(d.depth)
	if d.json.StackDepth() > d.depth {
		n-- // the value that was being read
	}
	switch {
	case d.depth == 0:
		return ""
	case kind == '[' && n == 0:
		return `[`
	case kind == '[':
		return `[""`
	case n == 0:
		return `{`
	case n%2 == 1:
		return `{""`
	}
	return `{"":""`
}

func (d *decoder) tooLong() error {
	return d.errorf("a single value is longer than %s%s", size(d.limits.object), d.limits.hint())
}
