package table

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"simk.dev/simk/tracer/formats"
)

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReader(t *testing.T) {
	r, err := Open(write(t, "\ufeffn, when ,q\r\n7,1.5,500m\r\n\n8,2,x\n"), "n")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if !r.Next() || r.Int("n", 0, 9) != 7 || r.Seconds("when") != 1500*time.Millisecond || r.Quantity("q", false) != "500m" {
		t.Errorf("first row: %v", r.Err())
	}
	if !r.Next() || r.Line() != 4 || r.Quantity("q", false) == "" || r.Next() {
		t.Error("the fault of a value does not end the table")
	}
	if err := r.Err(); err == nil || !strings.HasSuffix(err.Error(), `t.csv:4:5: q: "x" is not a quantity such as "2", "500m" or "4Gi"`) {
		t.Errorf("got %v", err)
	}
}

func TestHeaderFaults(t *testing.T) {
	for content, want := range map[string]string{
		"":         "empty",
		"a,a\n":    "there twice",
		"a,b\n":    `"n" is missing`,
		"\"a\nb\n": "not CSV",
	} {
		if _, err := Open(write(t, content), "n"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", content, err, want)
		}
	}
}

// A row of a gigabyte, in a file of one megabyte, ends after the limit.
func TestHugeRecordInGzip(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	block := bytes.Repeat([]byte("9"), 1<<20)
	_, _ = z.Write([]byte("n\n"))
	for range 1 << 10 {
		_, _ = z.Write(block)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := write(t, b.String())
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Next() || r.Err() == nil || !strings.Contains(r.Err().Error(), ":2:1: ") || len(r.text.From(0)) > 2*MaxRecord+1<<17 {
		t.Errorf("got %v after %d bytes", r.Err(), len(r.text.From(0)))
	}
	l, err := OpenLines(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if !l.Next() || l.Next() || l.Err() == nil || !strings.Contains(l.Err().Error(), ":2:1: ") {
		t.Errorf("got %v", l.Err())
	}
}

func TestBadQuantity(t *testing.T) {
	for s, want := range map[string]string{
		"2": "", "500m": "", "4Gi": "", "1e3": "", "1E": "too large", "-1": "negative", "NaN": "not a quantity",
		"1e99999999999": "too long", "1e999": "too long", "0.5": "", "9999999999999999999": "too large", "1\x00": "not a quantity",
	} {
		if got := BadQuantity(s, false); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
	if BadQuantity("500m", true) == "" || BadQuantity("2k", true) != "" {
		t.Error("whole numbers are not told from others")
	}
}

func TestAssign(t *testing.T) {
	a, b := WithColumns("a list", "x", "y"), WithColumns("b list", "z")
	pathA, pathB := write(t, "q,y,x\n"), write(t, "z\n1\n")
	got, err := Assign([]string{pathB, pathA}, a, b)
	if err != nil || got[0] != pathA || got[1] != pathB {
		t.Errorf("got %v, %v", got, err)
	}
	if !Sniff(a, b)(formats.Sample{Prefix: []byte("z\n")}) || Sniff(a)(formats.Sample{Prefix: []byte("z\n")}) {
		t.Error("sniffing does not follow the header")
	}
	if _, err := Assign(nil, a, b); err == nil || !strings.Contains(err.Error(), "a list, b list") {
		t.Errorf("got %v", err)
	}
	if Columns(bytes.Repeat([]byte("x,"), formats.SampleSize/2)) != nil {
		t.Error("a header without end is taken for one")
	}
}
