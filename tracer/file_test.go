package tracer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const small = start + `"objects":[` + node1 + `],"events":[{"at":"1s","apply":[` + podA + `]}]}`

// write puts content into a file of that name in a new folder.
func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	fmt.Fprint(z, text)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstdCompressed(t *testing.T, text string, options ...zstd.EOption) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, options...)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(z, text)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The content says how a file is compressed, whatever its name.
func TestCheckCompressed(t *testing.T) {
	for name, content := range map[string][]byte{
		"plain.gz":   []byte(small),
		"gzip.json":  gzipped(t, small),
		"zstd.json":  zstdCompressed(t, small),
		"two-gzip":   append(gzipped(t, small[:50]), gzipped(t, small[50:])...),
		"two-frames": append(zstdCompressed(t, small[:50]), zstdCompressed(t, small[50:])...),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Check(write(t, name, content), CheckOptions{})
			if err != nil {
				t.Fatal(err)
			}
			digest := sha256.Sum256(content)
			if want := hex.EncodeToString(digest[:]); s.SHA256 != want {
				t.Errorf("digest %s, want %s", s.SHA256, want)
			}
			if s.Events != 1 || s.Objects != 2 || s.LastEvent.Seconds() != 1 || len(s.Head.Objects) != 1 {
				t.Errorf("summary %+v", s)
			}
		})
	}
}

func TestBadFiles(t *testing.T) {
	big := strings.Repeat("{}", 1<<20)
	for _, test := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"empty", nil, `: the file is empty`},
		{"gzip of nothing", gzipped(t, ""), `: the file is empty`},
		{"gzip header only", gzipped(t, small)[:6], `: cannot read the trace: the gzip data is cut off: unexpected EOF`},
		{"gzip cut off", gzipped(t, small)[:60], `:1:16: the gzip data is cut off: unexpected EOF`},
		{"gzip without its checksum", gzipped(t, small)[:len(gzipped(t, small))-4], `:1:206: the gzip data is cut off: unexpected EOF`},
		{"gzip and more", append(gzipped(t, small), "garbage, and enough of it"...), `:1:206: the gzip data is damaged: gzip: invalid header`},
		{"zstd cut off", zstdCompressed(t, small)[:60], `:1:1: the zstd data is cut off: unexpected EOF`},
		{"zstd damaged", append([]byte("\x28\xb5\x2f\xfd"), big[:1000]...), `:1:1: the zstd data is damaged: `},
		{"zstd window", []byte("\x28\xb5\x2f\xfd\x00\xf8\x00"), `:1:1: the zstd data needs a window of more than 128 MiB: window size exceeded`},
		{"xz", []byte("\xfd7zXZ\x00"), `: cannot read the trace: is compressed with xz: only gzip and zstd are read`},
		{"yaml in gzip", gzipped(t, "a: b"), `:1:1: not JSON, which a trace has to be: it starts with "a: b" (convert Kubernetes manifests with: simk trace import manifests)`},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, "trace.json", test.content)
			_, err := Check(path, CheckOptions{})
			if err == nil {
				t.Fatal("no error")
			}
			if got := strings.TrimPrefix(err.Error(), path); !strings.HasPrefix(got, test.want) {
				t.Errorf("got:  %s\nwant: %s", got, test.want)
			}
		})
	}
}

func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing.json")
	_, err := Open(missing)
	if want := missing + ": cannot read the trace: no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
	_, err = Open(dir)
	if want := dir + ": cannot read the trace: is a directory, not a file"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = Open("-")
	if want := "a trace cannot be read from standard input: it is read twice, first to check it, so save it to a file"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = Open("/dev/null")
	if want := "/dev/null: cannot read the trace: is not a regular file: it would have to be read twice"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
