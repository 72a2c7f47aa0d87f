package tracer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"simk.dev/simk/tracer/internal/source"
)

// betweenTokens are the bytes that may stand before a token.
const betweenTokens = " \t\r\n,:"

// decoder reads JSON values in order and knows where each one stands. What
// simk itself defines is read token by token; a Kubernetes object in one go,
// which is three times as fast.
type decoder struct {
	text *source.Text
	json *json.Decoder
	file string

	report func(*Error) // nil unless the reader is tolerant

	event int   // for errors: the index of the event, or -1
	start int64 // where the last token or value may start, separators included

	// shift is how much further the text is than the JSON decoder counts.
	shift int64
	quick *quick

	limits limits
	// part is what is being read: it is partLimit long at most, to partEnd.
	part               string
	partLimit, partEnd int64
	// values counts the objects and lists in it.
	values int64
}

// limits are MaxObject, MaxEvent and MaxHead, less in tests.
type limits struct {
	object, event, head int64
	// values bounds the objects and lists in the values of a part of a compressed file, for which the others are less, too; 0: there is no bound.
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

func newDecoder(file string, r io.Reader, l limits) *decoder {
	text := source.NewText(r, int(l.object))
	d := &decoder{text: text, json: json.NewDecoder(text), file: file, event: -1, limits: l}
	d.json.UseNumber()
	d.quick = newQuick(text, min(quickLimit, l.object, l.event))
	return d
}

// offset is how far the JSON has been read.
func (d *decoder) offset() int64 { return d.json.InputOffset() + d.shift }

// restart reads on at an offset among the elements of events, before the first
// of them or behind one.
func (d *decoder) restart(offset int64, first bool) {
	opening := `{"":[`
	if !first {
		opening += `""` // a value whose end does not depend on what follows
	}
	d.resume(opening, offset)
}

// resume reads on at an offset, as if the text before it were the opening, which is good JSON.
func (d *decoder) resume(opening string, offset int64) {
	d.text.Rewind(offset)
	d.json = json.NewDecoder(io.MultiReader(strings.NewReader(opening), d.text))
	d.json.UseNumber()
	for d.json.InputOffset() < int64(len(opening)) {
		if _, err := d.json.Token(); err != nil { // cannot be: opening is good
			break
		}
	}
	d.shift = offset - int64(len(opening))
}

// begin says what is read from here on, and how long it may be.
func (d *decoder) begin(part string, limit int64) {
	d.part, d.partLimit, d.partEnd, d.values = part, limit, d.offset()+limit, 0
}

// advance notes that a token or value follows.
func (d *decoder) advance() error {
	d.start = d.offset()
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
	line, column := d.text.Position(offset)
	return Position{d.file, line, column}
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

func (d *decoder) token() (json.Token, error) {
	if err := d.advance(); err != nil {
		return nil, err
	}
	token, err := d.json.Token()
	if err != nil {
		return nil, d.failed(err)
	}
	return token, nil
}

// value reads a whole value of any kind. Numbers come as int64 or float64, the
// only ones that unstructured objects can hold.
func (d *decoder) value() (any, error) {
	if err := d.advance(); err != nil {
		return nil, err
	}
	var v any
	if err := d.json.Decode(&v); err != nil {
		return nil, d.failed(err)
	}
	if n := d.offset() - d.text.Skip(d.start, betweenTokens); n > d.limits.object {
		return nil, d.tooLong()
	}
	v, problem := plain(v, MaxDepth)
	if problem != "" {
		return nil, d.errorf("%s", problem)
	}
	if d.limits.values > 0 {
		if d.values += containers(v); d.values > d.limits.values {
			return nil, d.errorf("%s has more than %d objects and lists%s", d.part, d.limits.values, d.limits.hint())
		}
	}
	return v, nil
}

// containers counts the objects and lists that a value is made of.
func containers(v any) int64 {
	var n int64
	switch v := v.(type) {
	case map[string]any:
		n++
		for _, child := range v {
			n += containers(child)
		}
	case []any:
		n++
		for _, child := range v {
			n += containers(child)
		}
	}
	return n
}

// failed turns an error of the JSON decoder into one of ours.
func (d *decoder) failed(err error) error {
	if cause := d.text.Err(); cause != nil {
		if errors.Is(cause, source.ErrTooLong) {
			return d.tooLong()
		}
		return &Error{Pos: d.position(d.text.End()), Event: d.event, Err: cause}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &Error{Pos: d.position(d.text.End()), Event: d.event, Msg: "the file ends within the trace: it is cut off", Err: io.ErrUnexpectedEOF}
	}
	return d.errorAt(d.position(d.faultOffset(err)), "not valid JSON: %v", err)
}

// faultOffset finds the byte at which the JSON is wrong. When a token does not
// fit, the decoder stands at it. When a value is broken inside, the decoder
// stands before it, and the offset in its error does not count what was read
// as tokens: parsing the value alone once more gives the right one.
func (d *decoder) faultOffset(err error) int64 {
	at := d.text.Skip(d.offset(), " \t\r\n")
	var again *json.SyntaxError
	var v json.RawMessage
	if errors.As(json.Unmarshal(d.text.From(at), &v), &again) && again.Error() == err.Error() {
		return at + again.Offset - 1
	}
	return at
}

func (d *decoder) tooLong() error {
	return d.errorf("a single value is longer than %s%s", size(d.limits.object), d.limits.hint())
}

// fields reads an object of which all keys are known, calling field for each
// one with the decoder before its value. where names the object in errors.
func (d *decoder) fields(where string, known []string, field func(key string) error) error {
	if err := d.open('{', where); err != nil {
		return err
	}
	return d.fieldsOpen(where, known, field)
}

// fieldsOpen is fields behind the opening brace.
func (d *decoder) fieldsOpen(where string, known []string, field func(key string) error) error {
	var seen uint32
	for d.json.More() {
		index, err := d.key(where, known)
		if err != nil {
			return err
		}
		if seen&(1<<index) != 0 {
			return d.errorf("duplicate key %q in %s", known[index], where)
		}
		seen |= 1 << index
		if err := field(known[index]); err != nil {
			return err
		}
	}
	_, err := d.token() // the closing brace
	return err
}

// key reads a key and returns its index among the known ones.
func (d *decoder) key(where string, known []string) (int, error) {
	token, err := d.token()
	if err != nil {
		return 0, err
	}
	key, _ := token.(string) // the decoder accepts nothing else here
	for i, k := range known {
		if k == key {
			return i, nil
		}
	}
	return 0, d.errorf("unknown key %q in %s: %s", key, where, suggestion(key, known))
}

// items reads an array, calling item for each element with the decoder before
// it.
func (d *decoder) items(where string, item func() error) error {
	if err := d.open('[', where); err != nil {
		return err
	}
	for d.json.More() {
		if err := item(); err != nil {
			return err
		}
	}
	_, err := d.token()
	return err
}

// open reads an opening brace or bracket.
func (d *decoder) open(delim json.Delim, where string) error {
	token, err := d.token()
	if err != nil {
		return err
	}
	if token != delim {
		return d.mismatch(where, map[json.Delim]string{'{': "an object", '[': "an array"}[delim], token)
	}
	return nil
}
