package printable

import (
	"bytes"
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// samples are texts as they come and as they are shown within a line.
var samples = map[string]string{
	"plain ünï 日本 🙂":          "plain ünï 日本 🙂",
	"a\x1b[31mb":              `a\u001b[31mb`,
	"c1 \u009b31m \u0085":     `c1 \u009b31m \u0085`,
	"del \x7f bell \a \b":     `del \u007f bell \u0007 \u0008`,
	"bidi \u202e\u2066\u200f": `bidi \u202e\u2066\u200f`,
	"line\u2028end":           `line\u2028end`,
	"cr\rlf\ntab\tend":        `cr\u000dlf\ntab\tend`,
	"lone \x9b, cut \xe2\x82": `lone \x9b, cut \xe2\x82`,
	"\ufffd is one":           "\ufffd is one",
}

func TestEscape(t *testing.T) {
	for text, want := range samples {
		assert.Equal(t, want, Escape(text))
	}
}

// However the text is cut into writes, the same comes out, and layout passes.
func TestWriter(t *testing.T) {
	layout := strings.NewReplacer(`\n`, "\n", `\t`, "\t")
	for text, want := range samples {
		for size := 1; size <= len(text); size++ {
			var b bytes.Buffer
			w := NewWriter(&b)
			for rest := []byte(text); len(rest) > 0; {
				n := min(size, len(rest))
				got, err := w.Write(rest[:n])
				assert.NoError(t, err)
				assert.Equal(t, n, got)
				rest = rest[n:]
			}
			assert.NoError(t, w.Flush())
			assert.Equal(t, layout.Replace(want), b.String(), "in pieces of %d bytes", size)
		}
	}
}

// JSON means the same after it was escaped.
func TestWriterKeepsJSON(t *testing.T) {
	var b bytes.Buffer
	want := []string{"a\x1b\u009b\x7f\u202e\u2028\n", "ü"}
	assert.NoError(t, json.NewEncoder(NewWriter(&b)).Encode(want))
	var got []string
	assert.NoError(t, json.Unmarshal(b.Bytes(), &got))
	assert.Equal(t, want, got)
	assert.NotContains(t, b.String(), "\u009b")
	b.Reset()
	_, err := Data(NewWriter(&b)).Write([]byte("\x1b\xff"))
	assert.NoError(t, err)
	assert.Equal(t, "\x1b\xff", b.String(), "data for programs is changed")
}

type failing struct {
	err    error
	writes int
}

func (f *failing) Write([]byte) (int, error) {
	f.writes++
	return 0, f.err
}

// A reader that has gone is no error; a full disk is.
func TestWriterWithoutReader(t *testing.T) {
	gone, full := &failing{err: syscall.EPIPE}, &failing{err: syscall.ENOSPC}
	w := NewWriter(gone)
	for range 3 {
		n, err := w.Write([]byte("text"))
		assert.NoError(t, err)
		assert.Equal(t, 4, n)
	}
	assert.Equal(t, 1, gone.writes)
	_, err := NewWriter(full).Write([]byte("text"))
	assert.ErrorIs(t, err, syscall.ENOSPC)
}

func TestClean(t *testing.T) {
	type inner struct {
		Name   string
		hidden string
	}
	type outer struct {
		At    time.Time
		Named *inner
		All   []inner
		By    map[string][]string
		Any   any
		Two   [2]string
		Nil   *inner
	}
	at := time.Unix(1, 0)
	dirty := inner{"a\nb", "h\n"}
	value := outer{At: at, Named: &dirty, All: []inner{dirty}, By: map[string][]string{"k\n": {"v\n"}}, Any: dirty, Two: [2]string{"\x1b", ""}}
	fine := inner{`a\nb`, "h\n"}
	want := outer{At: at, Named: &fine, All: []inner{fine}, By: map[string][]string{`k\n`: {`v\n`}}, Any: fine, Two: [2]string{`\u001b`, ""}}
	assert.Equal(t, &want, Clean(&value))
	assert.Equal(t, "a\nb", value.Named.Name, "the value itself has changed")
}
