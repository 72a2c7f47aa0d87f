package tracer

import (
	"bytes"
	"errors"
	"hash/maphash"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"simk.dev/simk/tracer/internal/source"
)

// quickLimit is how long an event may be to be read quickly, in bytes.
const quickLimit = 1 << 20

// quick reads what is as it should be, several times as fast as decoder. It
// says nothing about what is not: whatever is faulty or merely unusual it gives
// back, and decoder reads it again, from the same place, and finds the words.
// Everything else must come out the same from both; a test compares them.
//
// jsontext is the tokenizer of encoding/json/v2. Strict as it is, it refuses
// more than encoding/json does (broken UTF-8, for one): that too is given back.
type quick struct {
	text  *source.Text
	json  *jsontext.Decoder
	limit int64
	// shift is how much further the text is than the tokenizer counts.
	shift int64
	// at is where the next event may start, separators included.
	at int64
	// strings are some of the strings that were read last, by their hash: in a
	// trace most are repeated all the time.
	strings [1024]any
	seed    maphash.Seed
	scratch []byte
}

// errUnusual ends quick reading; nobody sees it.
var errUnusual = errors.New("not to be read quickly")

func newQuick(text *source.Text, limit int64) *quick {
	return &quick{text: text, limit: limit, seed: maphash.MakeSeed()}
}

// start reads on at an offset among the elements of events, before the first
// of them or behind one.
func (q *quick) start(offset int64, first bool) error {
	opening := "["
	if !first {
		opening += `""` // a value whose end does not depend on what follows
	}
	q.text.Mark(offset)
	q.text.Rewind(offset)
	input := io.MultiReader(strings.NewReader(opening), boundedText{q.text, q.limit})
	options := []jsontext.Options{jsontext.AllowDuplicateNames(true)}
	if q.json == nil {
		q.json = jsontext.NewDecoder(input, options...)
	} else {
		q.json.Reset(input, options...)
	}
	q.at, q.shift = offset, offset-int64(len(opening))
	for q.json.InputOffset() < int64(len(opening)) {
		if _, err := q.json.ReadToken(); err != nil {
			return err
		}
	}
	return nil
}

// boundedText is a text of which only so much is read behind its mark.
type boundedText struct {
	text  *source.Text
	limit int64
}

func (b boundedText) Read(p []byte) (int, error) {
	left := b.limit - b.text.Ahead()
	if left <= 0 {
		return 0, errUnusual
	}
	return b.text.Read(p[:min(int64(len(p)), left)])
}

// offset is how far the text has been read.
func (q *quick) offset() int64 { return q.json.InputOffset() + q.shift }

// open reads an opening brace or bracket.
func (q *quick) open(kind jsontext.Kind) error {
	token, err := q.json.ReadToken()
	if err == nil && token.Kind() != kind {
		err = errUnusual
	}
	return err
}

// fields reads an object, calling field for each key with the tokenizer before
// its value.
func (q *quick) fields(field func(key string) error) error {
	if err := q.open('{'); err != nil {
		return err
	}
	return q.fieldsOpen(field)
}

// fieldsOpen is fields behind the opening brace.
func (q *quick) fieldsOpen(field func(key string) error) error {
	for q.json.PeekKind() != '}' {
		key, err := q.string()
		if err != nil {
			return err
		}
		if err := field(key); err != nil {
			return err
		}
	}
	_, err := q.json.ReadToken()
	return err
}

// items reads an array, calling item for each element.
func (q *quick) items(item func() error) error {
	if err := q.open('['); err != nil {
		return err
	}
	for q.json.PeekKind() != ']' {
		if err := item(); err != nil {
			return err
		}
	}
	_, err := q.json.ReadToken()
	return err
}

func (q *quick) string() (string, error) {
	v, err := q.scalar()
	s, ok := v.(string)
	if err == nil && !ok {
		err = errUnusual
	}
	return s, err
}

// name reads a string that may not be empty.
func (q *quick) name() (string, error) {
	s, err := q.string()
	if err == nil && (s == "" || hasControls(s)) {
		err = errUnusual
	}
	return s, err
}

// value reads a value of any kind, as decoder.value does.
func (q *quick) value(depth int) (any, error) {
	if depth < 0 {
		return nil, errUnusual
	}
	switch q.json.PeekKind() {
	case '{':
		m, pod := map[string]any{}, false
		err := q.fields(func(key string) (err error) {
			m[key], err = q.value(depth - 1)
			if err == nil && isAmounts(key) && tooMuch(key, m[key]) != "" {
				err = errUnusual
			}
			pod = pod || key == "containers"
			return err
		})
		if err == nil && pod && tooMuchInAll(m) != "" {
			err = errUnusual
		}
		return m, err
	case '[':
		all := []any{}
		err := q.items(func() error {
			v, err := q.value(depth - 1)
			all = append(all, v)
			return err
		})
		return all, err
	}
	return q.scalar()
}

// scalar reads a value that is neither an object nor an array.
func (q *quick) scalar() (any, error) {
	raw, err := q.json.ReadValue()
	if err != nil {
		return nil, err
	}
	switch raw.Kind() {
	case '"':
		return q.unquote(raw)
	case '0':
		n, problem := plainNumber(string(raw))
		if problem != "" {
			return nil, errUnusual
		}
		return n, nil
	case 't':
		return true, nil
	case 'f':
		return false, nil
	case 'n':
		return nil, nil
	}
	return nil, errUnusual
}

// unquote returns the string that raw stands for, as an any.
func (q *quick) unquote(raw []byte) (any, error) {
	content := raw[1 : len(raw)-1]
	if bytes.IndexByte(content, '\\') >= 0 {
		var err error
		if q.scratch, err = jsontext.AppendUnquote(q.scratch[:0], raw); err != nil {
			return nil, err
		}
		content = q.scratch
	}
	const most = 64 // longer strings are rarely repeated
	if len(content) > most {
		return string(content), nil
	}
	place := &q.strings[maphash.Bytes(q.seed, content)%uint64(len(q.strings))]
	if known, ok := (*place).(string); ok && known == string(content) {
		return *place, nil
	}
	*place = string(content)
	return *place, nil
}
