package kube

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"simk.dev/simk/tracer/internal/source"
)

// streamFrom is the length from which on JSON is read as a stream: a list may
// then be of any length. Shorter files are read as a whole, which allows
// separators of YAML between values, and errors that tell more.
const streamFrom = 16 << 20

// begin tells whether a text is JSON of streamFrom bytes or more, and returns all of it.
func begin(r io.Reader) (text io.Reader, long bool) {
	start, err := io.ReadAll(io.LimitReader(r, streamFrom))
	if err != nil {
		return io.MultiReader(bytes.NewReader(start), failed{err}), false
	}
	return io.MultiReader(bytes.NewReader(start), r), len(start) == streamFrom && start[0] == '{'
}

// stream reads JSON values, of which none but the items of lists are together
// longer than an object may be.
func (p *parser) stream(r io.Reader) error {
	s := stream{text: source.NewText(r, maxObject)}
	s.decoder = json.NewDecoder(s.text)
	for ; ; p.d.Number++ {
		token, err := s.decoder.Token()
		if errors.Is(err, io.EOF) && s.text.Err() == nil {
			return nil
		}
		p.d.Line = s.mark()
		if err != nil {
			return s.error(p, err)
		}
		if token != json.Delim('{') {
			return p.d.Errorf("not a Kubernetes object")
		}
		if err := s.object(p); err != nil {
			return err
		}
	}
}

// failed is a text that cannot be read further.
type failed struct{ err error }

// Read implements io.Reader.
func (f failed) Read([]byte) (int, error) { return 0, f.err }

type stream struct {
	text    *source.Text
	decoder *json.Decoder
}

// mark forgets what was read and returns the line.
func (s stream) mark() int {
	s.text.Mark(s.text.Skip(s.decoder.InputOffset(), " \t\r\n,:"))
	line, _ := s.text.Position(0)
	return line
}

func (s stream) error(p *parser, err error) error {
	d := p.d
	if s.text.Err() != nil {
		err = s.text.Err()
	}
	if errors.Is(err, source.ErrTooLong) {
		return d.Errorf("longer than %d MiB: no Kubernetes object is", maxObject>>20)
	}
	if errors.As(err, new(*source.TooLongError)) {
		return d.Errorf("%w", err)
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return d.Errorf("not valid JSON: %w", err)
}

// object reads the rest of an object: a list item by item, any other as a whole.
func (s stream) object(p *parser) error {
	var t typeMeta
	fields := map[string]json.RawMessage{}
	size := 0
	for s.decoder.More() {
		key, err := s.decoder.Token()
		if err != nil {
			return s.error(p, err)
		}
		s.mark()
		if key == "items" {
			t.hasItems = true
			if err := s.items(p, t); err != nil {
				return err
			}
			continue
		}
		var value json.RawMessage
		if err := s.decoder.Decode(&value); err != nil {
			return s.error(p, err)
		}
		if size += len(value); size > maxObject {
			return s.error(p, source.ErrTooLong)
		}
		switch key {
		case "kind":
			_ = json.Unmarshal(value, &t.Kind) // what is no string is told below
		case "apiVersion":
			_ = json.Unmarshal(value, &t.APIVersion)
		}
		fields[fmt.Sprint(key)] = value
	}
	if _, err := s.decoder.Token(); err != nil {
		return s.error(p, err)
	}
	if t.isList() {
		return nil
	}
	if t.hasItems {
		return p.d.Errorf("%q has items but is no list", t.Kind)
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return p.d.Errorf("%w", err)
	}
	return p.value(raw)
}

// items hands over the items of a list. Its kind may come after them: kubectl
// sorts the keys, and says of each item what it is.
func (s stream) items(p *parser, t typeMeta) error {
	token, err := s.decoder.Token()
	if err != nil {
		return s.error(p, err)
	}
	if token == nil {
		return nil
	}
	if token != json.Delim('[') {
		return p.d.Errorf("%s: items is not a list", t.Kind)
	}
	inner, err := p.inside(t)
	if err != nil {
		return err
	}
	for s.decoder.More() {
		inner.d.Line = s.mark()
		inner.d.Item++
		var one json.RawMessage
		if err := s.decoder.Decode(&one); err != nil {
			return s.error(inner, err)
		}
		if err := inner.value(one); err != nil {
			return err
		}
	}
	if _, err := s.decoder.Token(); err != nil {
		return s.error(inner, err)
	}
	return nil
}
