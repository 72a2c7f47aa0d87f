// Package printable keeps what a trace, a cluster or a file says from steering the terminal
// that it is shown on: escape sequences, and what turns the order of letters, are shown as
// the escapes of JSON and Go.
//
// A Writer is for the streams of the process; line feeds and tabs pass, as they lay out
// simk's own text. Escape and Clean are for what is put into such a text, where a line feed
// would forge a line.
package printable

import (
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// Escape makes a text fit for a part of a line.
func Escape(text string) string {
	if first := strings.IndexFunc(text, func(r rune) bool { return bad(r) || isLayout(r) || r == utf8.RuneError }); first < 0 {
		return text
	}
	var b strings.Builder
	for rest := text; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		switch r {
		case '\n':
			b.WriteString(`\n`)
		case '\t':
			b.WriteString(`\t`)
		default:
			b.WriteString(escaped(rest[:n], r))
		}
		rest = rest[n:]
	}
	return b.String()
}

// isLayout tells whether a character is one of those that lay out text.
func isLayout(r rune) bool { return r == '\n' || r == '\t' }

// bad tells whether a character steers a terminal: controls but for layout, which a terminal of
// eight bits knows from 0x80 on too, and what changes the order of letters or ends lines.
func bad(r rune) bool {
	switch {
	case isLayout(r):
		return false
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return true
	case r < 0x61c:
		return false
	}
	return r == 0x61c || r == 0x200e || r == 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// escaped is a character as it is shown; text is its bytes.
func escaped(text string, r rune) string {
	switch {
	case r == utf8.RuneError && len(text) == 1: // no UTF-8
		return fmt.Sprintf(`\x%02x`, text[0])
	case bad(r):
		return fmt.Sprintf(`\u%04x`, r)
	}
	return text
}

// Clean returns a value with all texts in it made fit for a part of a line, as Escape does. The value
// itself stays as it is. What it refers to must not lead back to it.
func Clean[T any](value T) T {
	v := reflect.ValueOf(&value).Elem()
	v.Set(clean(v))
	return value
}

func clean(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		text := v.String()
		if better := Escape(text); better != text {
			return reflect.ValueOf(better).Convert(v.Type())
		}
		return v
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return v
		}
		inner := clean(v.Elem())
		if v.Kind() == reflect.Interface {
			return inner
		}
		p := reflect.New(v.Type().Elem())
		p.Elem().Set(inner)
		return p
	case reflect.Slice:
		if v.IsNil() || !holdsText(v.Type().Elem()) {
			return v
		}
		all := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			all.Index(i).Set(clean(v.Index(i)))
		}
		return all
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		all := reflect.MakeMapWithSize(v.Type(), v.Len())
		for entries := v.MapRange(); entries.Next(); {
			all.SetMapIndex(clean(entries.Key()), clean(entries.Value()))
		}
		return all
	case reflect.Struct:
		s := reflect.New(v.Type()).Elem()
		s.Set(v)
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				s.Field(i).Set(clean(v.Field(i)))
			}
		}
		return s
	case reflect.Array:
		a := reflect.New(v.Type()).Elem()
		for i := range v.Len() {
			a.Index(i).Set(clean(v.Index(i)))
		}
		return a
	default:
		return v
	}
}

// holdsText spares long lists of numbers.
func holdsText(t reflect.Type) bool { return t.Kind() > reflect.Complex128 }
