package tracer

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
)

// token reads a scalar, as scalar returns it, a number as a json.Number, or a brace or bracket as a
// json.Delim.
func (d *decoder) token() (token any, err error) {
	if err := d.advance(); err != nil {
		return nil, err
	}
	switch kind := d.json.PeekKind(); kind {
	case '{', '}', '[', ']':
		token = json.Delim(kind)
		_, err = d.json.ReadToken()
	case '0':
		token, err = d.number()
	default:
		token, err = d.scalar()
	}
	if err != nil {
		return nil, d.failed(false)
	}
	return token, nil
}

// more tells whether anything but a closing brace or bracket, or the end of the text, follows.
func (d *decoder) more() bool {
	switch d.json.PeekKind() {
	case '}', ']':
		return false
	case jsontext.KindInvalid: // no token, which is for who reads it to say
		return len(d.rest()) > 0
	}
	return true
}

// rest is the text behind the last token that is not white space, as far as it
// has been read.
func (d *decoder) rest() []byte {
	return d.text.From(d.text.Skip(d.offset(), whiteSpace))
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
	for d.more() {
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
	key, _ := token.(string) // the tokenizer accepts nothing else here
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
	for d.more() {
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
