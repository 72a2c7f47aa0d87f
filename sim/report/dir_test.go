package report

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"simk.dev/simk/sim/history"
)

func TestWriteDir(t *testing.T) {
	h, meta := morning()
	r := Build(h, meta)
	dir := filepath.Join(t.TempDir(), "a", "b") // created with its parents
	for range 2 {                               // the second replaces the first
		if err := WriteDir(dir, r, h); err != nil {
			t.Fatal(err)
		}
		if got, want := names(t, dir), []string{PodsFile, ReportFile, TimelineFile}; !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		for _, name := range names(t, dir) {
			golden(t, filepath.Join("testdata", name), read(t, dir, name))
		}
	}
	var back Report
	if err := json.Unmarshal(read(t, dir, ReportFile), &back); err != nil {
		t.Fatal(err)
	}
	if back.Pods != r.Pods || len(back.Timeline) != len(r.Timeline) {
		t.Errorf("report.json does not read back: %+v", back.Pods)
	}
}

func TestWriteDirWritesExtraFiles(t *testing.T) {
	dir := t.TempDir()
	h := &history.History{End: time.Second}
	page := File{HTMLFile, func(w io.Writer) error {
		_, err := io.WriteString(w, "page")
		return err
	}}
	for range 2 { // the second accepts what the first wrote
		if err := WriteDir(dir, Build(h, Meta{}), h, page); err != nil {
			t.Fatal(err)
		}
	}
	if got := string(read(t, dir, HTMLFile)); got != "page" {
		t.Errorf("got %q", got)
	}
	page.Write = func(io.Writer) error { return errFull }
	if err := WriteDir(dir, Build(h, Meta{}), h, page); !errors.Is(err, errFull) || !strings.Contains(err.Error(), "write report.html: ") {
		t.Errorf("got error %v", err)
	}
	if got := string(read(t, dir, HTMLFile)); got != "page" {
		t.Errorf("after an error: got %q", got)
	}
}

// Files that this report does not have go, so that none is of another run; hidden ones stay.
func TestWriteDirReplacesAll(t *testing.T) {
	dir := t.TempDir()
	for _, name := range append(slices.Clone(allFiles), ".DS_Store") {
		put(t, dir, name)
	}
	h := &history.History{End: time.Second}
	if err := WriteDir(dir, Build(h, Meta{}), h); err != nil {
		t.Fatal(err)
	}
	if got, want := names(t, dir), []string{".DS_Store", PodsFile, ReportFile, TimelineFile}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := string(read(t, dir, PodsFile)); got != strings.Join(podColumns, ",")+"\n" {
		t.Errorf("pods.csv: %q", got)
	}
	if got := string(read(t, dir, ".DS_Store")); got != "old .DS_Store" {
		t.Errorf(".DS_Store: %q", got)
	}
}

func TestPrepareDirRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		make       func(t *testing.T, dir string)
	}{
		{"another file in it", `holds "notes.txt", which is not part of a report; name an empty`, func(t *testing.T, dir string) {
			put(t, dir, ReportFile)
			put(t, dir, "notes.txt")
		}},
		{"a directory of our name", `holds "report.json"`, func(t *testing.T, dir string) {
			if err := os.Mkdir(filepath.Join(dir, ReportFile), 0o777); err != nil {
				t.Fatal(err)
			}
		}},
		{"a file instead", "is a file; name a directory", func(t *testing.T, dir string) {
			if err := os.Remove(dir); err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Dir(dir), filepath.Base(dir))
		}},
		{"a link to nowhere", "create report directory: ", func(t *testing.T, dir string) {
			if err := os.Remove(dir); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(dir+"-gone", dir); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			tc.make(t, dir)
			before := names(t, filepath.Dir(dir))
			h := &history.History{}
			err := WriteDir(dir, Build(h, Meta{}), h)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got error %v, want one with %q", err, tc.want)
			}
			if after := names(t, filepath.Dir(dir)); !slices.Equal(before, after) {
				t.Errorf("files before %v, after %v", before, after)
			}
		})
	}
}

// TestWriteDirKeepsTheEarlierReport fails at the last of the files.
func TestWriteDirKeepsTheEarlierReport(t *testing.T) {
	dir := t.TempDir()
	all := []string{PodsFile, ReportFile, TimelineFile}
	for _, name := range all {
		put(t, dir, name)
	}
	h := &history.History{}
	r := Build(h, Meta{Options: math.NaN()}) // JSON has no such number
	if err := WriteDir(dir, r, h); err == nil || !strings.Contains(err.Error(), "write report.json: json: ") {
		t.Errorf("got error %v", err)
	}
	if got := names(t, dir); !slices.Equal(got, all) {
		t.Errorf("got %v, want %v", got, all)
	}
	for _, name := range all {
		if got := string(read(t, dir, name)); got != "old "+name {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestWritersReportErrors(t *testing.T) {
	h, meta := morning()
	r := Build(h, meta)
	for name, write := range map[string]func(io.Writer) error{
		"text":     func(w io.Writer) error { return WriteText(w, r) },
		"json":     func(w io.Writer) error { return WriteJSON(w, r) },
		"pods":     func(w io.Writer) error { return writePods(w, h) },
		"timeline": func(w io.Writer) error { return writeTimeline(w, r) },
	} {
		if err := write(full{}); !errors.Is(err, errFull) {
			t.Errorf("%s: got error %v", name, err)
		}
	}
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func put(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("old "+name), 0o666); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
