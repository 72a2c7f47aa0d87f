package source

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// The end of a list is found whatever its strings hold, and however the text arrives.
func TestPassList(t *testing.T) {
	const before = "{\n\"events\":["
	for _, list := range []string{"]", ` {} ]`, `"]","\"]","\\",["]\\\"",{"}":[[]]}]]`, strings.Repeat(`{"a":"`+strings.Repeat(`\\\"`, 1000)+"\"},\n", 100) + `1]`} {
		for rest, key := range map[string]bool{"\n,\t\"next\":1}": true, "}": false, "": false, ",{}": false, " \n}": false} {
			for name, reader := range map[string]io.Reader{"whole": strings.NewReader(before + list + rest), "by the byte": iotest.OneByteReader(strings.NewReader(before + list + rest))} {
				text := NewText(reader, 1<<20)
				next, ok := text.PassList(int64(len(before)))
				if ok != key {
					t.Errorf("%.60s%s, %s: another key follows: %v", list, rest, name, ok)
				}
				if !ok {
					continue
				}
				line := 1 + strings.Count(before+list+"\n", "\n")
				if gotLine, column := text.Position(next); gotLine != line || column != 3 {
					t.Errorf("%.60s%s, %s: at %d:%d, want %d:3", list, rest, name, gotLine, column, line)
				}
				if left, err := io.ReadAll(text); string(left) != `"next":1}` || err != nil {
					t.Errorf("%.60s%s, %s: what follows is %q, %v", list, rest, name, left, err)
				}
			}
		}
	}
}

// A list that does not end is passed to its end.
func TestPassListCutOff(t *testing.T) {
	for _, text := range []string{"", "[", `["a`, `["a\`, `[[]`} {
		if _, ok := NewText(strings.NewReader(text), 1<<20).PassList(int64(min(1, len(text)))); ok {
			t.Errorf("%q: a key follows", text)
		}
	}
}
