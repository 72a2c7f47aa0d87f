package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"simk.dev/simk/sim/history"
)

// The files of a report directory. EventsFile is streamed into it while the
// run goes on, by others; the rest is written at the end, by WriteDir, but HTMLFile
// only where its caller says how.
const (
	ReportFile    = "report.json"
	PodsFile      = "pods.csv"
	TimelineFile  = "timeline.csv"
	EventsFile    = "events.jsonl"
	NodesFile     = "nodes.csv"
	DecisionsFile = "decisions.jsonl"
	HTMLFile      = "report.html"
	ExplainFile   = "explain.jsonl.zst"
)

var allFiles = []string{ReportFile, PodsFile, TimelineFile, EventsFile, NodesFile, DecisionsFile, HTMLFile, ExplainFile}

// PrepareDir makes sure that a report can be written to dir: it creates the
// directory, or accepts one that is empty or holds nothing but an earlier
// report, and refuses any other. Call it before the run, too, so that a long
// run is not made in vain.
func PrepareDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return fmt.Errorf("create report directory: %w", err)
		}
		return nil
	case err != nil:
		return fmt.Errorf("check report directory: %w", err)
	case !info.IsDir():
		return fmt.Errorf("check report directory: %s is a file; name a directory, or move the file away", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("check report directory: %w", err)
	}
	for _, e := range entries {
		if !ours(e) {
			return fmt.Errorf("check report directory: %s holds %q, which is not part of a report; "+
				"name an empty or a new directory, or one with an earlier report to replace", dir, e.Name())
		}
	}
	return nil
}

// ours says that replacing a report does no harm to the entry: files of a
// report, and hidden ones (what desktops leave behind, and the temporary
// files of a report that was killed while it was written).
func ours(e os.DirEntry) bool {
	name := e.Name()
	if strings.HasPrefix(name, ".") {
		return true
	}
	return !e.IsDir() && slices.Contains(allFiles, name)
}

// File is a file of a report directory.
type File struct {
	Name  string // one that PrepareDir accepts
	Write func(io.Writer) error
}

// WriteDir writes report.json, pods.csv, timeline.csv, where there was an
// autoscaler nodes.csv, and the extra files to dir, which must be as PrepareDir
// wants it. The files are written under temporary names and take their own when
// all are whole, report.json last: after an error the earlier report is still
// there, and a report.json is never without its tables.
func WriteDir(dir string, r *Report, h *history.History, extra ...File) (err error) {
	if err := PrepareDir(dir); err != nil {
		return err
	}
	files := []File{
		{PodsFile, func(w io.Writer) error { return writePods(w, h) }},
		{TimelineFile, func(w io.Writer) error { return writeTimeline(w, r) }},
	}
	if h.Autoscaling != nil {
		files = append(files, File{NodesFile, func(w io.Writer) error { return writeNodes(w, h) }})
	} else if err := Remove(dir, NodesFile, DecisionsFile); err != nil {
		return err
	}
	files = append(files, extra...)
	files = append(files, File{ReportFile, func(w io.Writer) error { return WriteJSON(w, r) }})
	defer func() {
		if err != nil {
			for _, f := range files {
				os.Remove(tempName(dir, f.Name)) //nolint:errcheck // the error above says more
			}
		}
	}()
	for _, f := range files {
		if err := writeFile(tempName(dir, f.Name), f.Write); err != nil {
			return fmt.Errorf("write %s: %w", f.Name, err)
		}
	}
	for _, f := range files {
		if err := os.Rename(tempName(dir, f.Name), filepath.Join(dir, f.Name)); err != nil {
			return fmt.Errorf("write %s: %w", f.Name, err)
		}
	}
	return nil
}

// Remove removes files of an earlier report that this one does not have.
func Remove(dir string, names ...string) error {
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("replace report: %w", err)
		}
	}
	return nil
}

// tempName is unique among the living processes, so that two runs with the same
// directory do not write into each other's file, and the same for one process,
// so that leftovers do not pile up.
func tempName(dir, name string) string {
	return filepath.Join(dir, fmt.Sprintf(".%s.%d.tmp", name, os.Getpid()))
}

func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<16)
	return errors.Join(write(w), w.Flush(), f.Close())
}

// WriteJSON writes a report, or what is made of reports, as report.json has it:
// indented, with a newline at the end.
func WriteJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false) // messages hold < and >
	return enc.Encode(v)
}
