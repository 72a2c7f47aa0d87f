package source

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/text/encoding/unicode"
)

// Text in any encoding that has a byte order mark is read as UTF-8 without one.
func TestEncodings(t *testing.T) {
	const text = "{\"a\": \"\u00e9 \u4e16 \U0001f600\"}\r\n"
	encoded := func(e unicode.Endianness, bom unicode.BOMPolicy) string {
		s, err := unicode.UTF16(e, bom).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(encoded(unicode.LittleEndian, unicode.UseBOM)))
	_ = z.Close()
	for _, test := range []struct{ name, in, problem string }{
		{"UTF-8", text, ""}, {"UTF-8 with a mark", "\ufeff" + text, ""}, {"gzip", zipped.String(), ""},
		{"UTF-16LE", encoded(unicode.LittleEndian, unicode.UseBOM), ""}, {"UTF-16BE", encoded(unicode.BigEndian, unicode.UseBOM), ""},
		{"no mark", encoded(unicode.LittleEndian, unicode.IgnoreBOM), "is text in UTF-16 without a byte order mark"},
		{"UTF-32", "\xff\xfe\x00\x00{\x00\x00\x00", "is text in UTF-32"},
	} {
		var stored bytes.Buffer
		f, err := New(strings.NewReader(test.in), &stored)
		if test.problem != "" {
			if err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		got, err := io.ReadAll(f)
		if err != nil || string(got) != text {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
		if err := f.Drain(); err != nil || stored.String() != test.in {
			t.Errorf("%s: the tap has %d bytes of %d (%v)", test.name, stored.Len(), len(test.in), err)
		}
	}
}
