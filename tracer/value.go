package tracer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// value reads a whole value of any kind. Numbers come as int64 or float64, the
// only ones that unstructured objects can hold.
func (d *decoder) value() (any, error) {
	if err := d.advance(); err != nil {
		return nil, err
	}
	d.suspect = false
	v, err := d.read(MaxDepth)
	if err != nil {
		return nil, d.failed(true)
	}
	if n := d.offset() - d.text.Skip(d.start, betweenTokens); n > d.limits.object {
		return nil, d.tooLong()
	}
	if d.suspect {
		if problem := problemIn(v, MaxDepth); problem != "" {
			return nil, d.errorf("%s", problem)
		}
	}
	if most := d.limits.values; most > 0 && d.values > most {
		return nil, d.errorf("%s has more than %d objects and lists%s", d.part, most, d.limits.hint())
	}
	return v, nil
}

// read reads a value that may be nested so deep. What may be wrong with it, other than that it is
// no JSON, it leaves to problemIn: that the whole is JSON must be known first.
func (d *decoder) read(depth int) (any, error) {
	if depth < 0 {
		d.suspect = true
	}
	switch d.json.PeekKind() {
	case '{':
		return d.readObject(depth)
	case '[':
		return d.readList(depth)
	case '0':
		n, err := d.number()
		if plain, ok := plainNumber(string(n)); ok {
			return plain, err
		}
		d.suspect = true
		return n, err
	}
	return d.scalar()
}

func (d *decoder) readObject(depth int) (any, error) {
	if _, err := d.json.ReadToken(); err != nil {
		return nil, err
	}
	d.values++
	m, pod := map[string]any{}, false
	for d.json.PeekKind() != '}' {
		v, err := d.scalar()
		if err != nil {
			return nil, err
		}
		key, _ := v.(string) // the tokenizer accepts nothing else here
		if v, err = d.read(depth - 1); err != nil {
			return nil, err
		}
		m[key] = v
		if isAmounts(key) && tooMuch(key, v) != "" {
			d.suspect = true
		}
		pod = pod || key == "containers"
	}
	if pod && tooMuchInAll(m) != "" {
		d.suspect = true
	}
	_, err := d.json.ReadToken()
	return m, err
}

func (d *decoder) readList(depth int) (any, error) {
	if _, err := d.json.ReadToken(); err != nil {
		return nil, err
	}
	d.values++
	all := []any{}
	for d.json.PeekKind() != ']' {
		v, err := d.read(depth - 1)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	_, err := d.json.ReadToken()
	return all, err
}

// problemIn says what is wrong with a value that is nested so deep at most.
func problemIn(v any, depth int) string {
	if depth < 0 {
		return tooDeep
	}
	switch v := v.(type) {
	case json.Number:
		return fmt.Sprintf("the number %s is out of range", shorten(string(v)))
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			switch v[key].(type) {
			case string, bool, nil:
				continue
			}
			problem := problemIn(v[key], depth-1)
			if problem == "" && isAmounts(key) {
				problem = tooMuch(key, v[key])
			}
			if problem != "" {
				return problem
			}
		}
		return tooMuchInAll(v)
	case []any:
		for _, one := range v {
			if problem := problemIn(one, depth-1); problem != "" {
				return problem
			}
		}
	}
	return ""
}

var tooDeep = fmt.Sprintf("nested deeper than %d levels", MaxDepth)

// plainNumber returns a number as objects hold it; ok is false where they hold none so large.
func plainNumber(s string) (n any, ok bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// number reads a number as it is written.
func (d *decoder) number() (json.Number, error) {
	raw, err := d.json.ReadValue()
	return json.Number(raw), err
}

// scalar reads a string, true, false or null.
func (d *decoder) scalar() (any, error) {
	raw, err := d.json.ReadValue()
	if err != nil {
		return nil, err
	}
	switch raw[0] {
	case '"':
		return d.unquote(raw), nil
	case 't':
		return true, nil
	case 'f':
		return false, nil
	}
	return nil, nil
}

// unquote returns the string that raw stands for, as an any.
func (d *decoder) unquote(raw []byte) any {
	content := raw[1 : len(raw)-1]
	const most = 64 // longer strings are rarely repeated
	if len(content) > most || bytes.IndexByte(content, '\\') >= 0 {
		return d.unescape(raw)
	}
	place := &d.strings[maphash.Bytes(d.seed, content)%uint64(len(d.strings))]
	if known, ok := (*place).(string); !ok || known != string(content) {
		*place = d.unescape(raw)
	}
	return *place
}

// unescape is unquote for a string that has not been read lately.
func (d *decoder) unescape(raw []byte) string {
	content := raw[1 : len(raw)-1]
	if bytes.IndexByte(content, '\\') >= 0 || !utf8.Valid(content) {
		// Its error is broken UTF-8, in place of which it puts U+FFFD.
		d.scratch, _ = jsontext.AppendUnquote(d.scratch[:0], raw)
		content = d.scratch
	}
	return string(content)
}
