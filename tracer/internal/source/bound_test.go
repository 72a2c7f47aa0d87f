package source

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A small file that is a long text ends with an error for those who hold it, and says what to do; as
// long as the text itself it may be, and so may one that is not compressed.
func TestBound(t *testing.T) {
	text := bytes.Repeat([]byte("x"), minText+2<<20)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"bomb", zipped.Bytes(), "decompress the file first"},
		{"plain", text, ""},
		// The file's size counts: what stands behind the text need not be read.
		{"large", append(zipped.Bytes()[:zipped.Len():zipped.Len()], noise(t, 1<<20)...), ""},
	} {
		path := filepath.Join(t.TempDir(), test.name)
		if err := os.WriteFile(path, test.content, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, f.Whole())
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v after %d bytes, want %q", test.name, err, n, test.want)
		}
		if err != nil && n > f.Bound() {
			t.Errorf("%s: %d bytes were handed out, more than %d", test.name, n, f.Bound())
		}
		f.Close()
	}
}

// noise is a gzip member of some size that holds nothing but an extra field.
func noise(t *testing.T, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	for b.Len() < size {
		z := gzip.NewWriter(&b)
		z.Extra = bytes.Repeat([]byte{1}, 60_000)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}
