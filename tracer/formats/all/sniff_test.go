package all

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/formattest"
)

// tables are the formats that are recognised by the first lines of a table.
var tables = map[string][]string{
	"openb":    {"nodes.csv", "pods.csv"},
	"azurevm":  {"vms.csv"},
	"azurellm": {"requests.csv"},
	"philly":   {"jobs.csv", "nodes.csv"},
	"borg":     {"instances.csv", "machines.csv"},
	"swf":      {"made-up.swf"},
	"csv":      {"pods.csv"},
}

// Each file is recognised by its own format and by no other one.
func TestSniff(t *testing.T) {
	files := map[string][]string{"azurevm": {"vms.csv", "arrivals.txt", "lifetimes.txt", "flavours.txt", "intervals.txt"}}
	for name, of := range tables {
		if files[name] == nil {
			files[name] = of
		}
	}
	for name, of := range files {
		for _, file := range of {
			content, err := os.ReadFile(filepath.Join("..", name, "testdata", file))
			if err != nil {
				t.Fatal(err)
			}
			var by []string
			for _, f := range formats.All() {
				// The name says nothing.
				if f.Sniff != nil && f.Sniff(formats.Sample{Path: "input", Prefix: content[:min(len(content), formats.SampleSize)]}) {
					by = append(by, f.Name)
				}
			}
			if !slices.Equal(by, []string{name}) {
				t.Errorf("%s of %s is recognised by %v", file, name, by)
			}
		}
	}
}

// Files are read the same, compressed or not, in any order.
func TestCompressed(t *testing.T) {
	for name, files := range tables {
		var plain, packed []string
		for _, file := range files {
			path := filepath.Join("..", name, "testdata", file)
			plain = append(plain, path)
			packed = append([]string{compress(t, path, len(packed)%2 == 0)}, packed...)
		}
		want := formattest.MustImport(t, name, plain...)
		got := formattest.MustImport(t, name, packed...)
		if got.Objects != want.Objects || got.Events == nil || got.LastEvent != want.LastEvent {
			t.Errorf("%s: %d objects until %s, uncompressed %d until %s", name, got.Objects, got.LastEvent, want.Objects, want.LastEvent)
		}
	}
}

// compress returns a compressed copy of a file, whose name does not tell.
func compress(t *testing.T, path string, withGzip bool) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(t.TempDir(), "input"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if withGzip {
		z := gzip.NewWriter(out)
		_, err = z.Write(content)
		err = errors.Join(err, z.Close())
	} else {
		z, _ := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1))
		_, err = z.Write(content)
		err = errors.Join(err, z.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Name()
}
