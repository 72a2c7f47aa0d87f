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

	"simk.dev/simk/sim/folder"
	"simk.dev/simk/sim/history"
)

// The files of a report directory. How the lines of a run, the page and the record of
// attempts are written its callers tell WriteDir.
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

// PartFile is the file of a part's own lines, of whatever name it has chosen.
func PartFile(name string) string { return partPrefix + name + partSuffix }

const (
	partPrefix = "part-"
	partSuffix = ".jsonl"
)

// isFile says that a file of a report is called so.
func isFile(name string) bool {
	return slices.Contains(allFiles, name) || strings.HasPrefix(name, partPrefix) && strings.HasSuffix(name, partSuffix)
}

var allFiles = []string{ReportFile, PodsFile, TimelineFile, EventsFile, NodesFile, DecisionsFile, HTMLFile, ExplainFile}

// PrepareDir makes sure that a report can be written to dir: it creates the
// directory, or accepts one that is empty or holds nothing but an earlier
// report, and refuses any other. Call it before the run, too, so that a long
// run is not made in vain.
func PrepareDir(dir string) error {
	if err := folder.Recover(dir); err != nil {
		return fmt.Errorf("check report directory: %w", err)
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return fmt.Errorf("create report directory: %w", err)
		}
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
	if err := folder.Prepare(dir); err != nil {
		return fmt.Errorf("check report directory: %w", err)
	}
	return nil
}

// ours says that replacing a report does no harm to the entry: files of a
// report, and hidden ones (what desktops leave behind), which stay.
func ours(e os.DirEntry) bool {
	name := e.Name()
	if strings.HasPrefix(name, ".") {
		return true
	}
	return !e.IsDir() && isFile(name)
}

// File is a file of a report directory.
type File struct {
	Name  string // one that PrepareDir accepts
	Write func(io.Writer) error
}

// WriteDir writes report.json, pods.csv, timeline.csv, where there was an
// autoscaler nodes.csv, and the extra files to dir, which must be as PrepareDir
// wants it. They take the place of an earlier report as one, see package folder: after an
// error, or when the process is killed, the earlier report is still there.
func WriteDir(dir string, r *Report, h *history.History, extra ...File) error {
	if err := PrepareDir(dir); err != nil {
		return err
	}
	files := []File{
		{PodsFile, func(w io.Writer) error { return writePods(w, h) }},
		{TimelineFile, func(w io.Writer) error { return writeTimeline(w, r) }},
	}
	if h.Autoscaling != nil {
		files = append(files, File{NodesFile, func(w io.Writer) error { return writeNodes(w, h) }})
	}
	files = append(files, extra...)
	files = append(files, File{ReportFile, func(w io.Writer) error { return WriteJSON(w, r) }})
	err := folder.Replace(dir, content, func(stage string) error {
		for _, f := range files {
			if err := writeFile(filepath.Join(stage, f.Name), f.Write); err != nil {
				return fmt.Errorf("write %s: %w", f.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write the report to %s: %w", dir, err)
	}
	return nil
}

// content is what a report is of a folder; one without a report.json is none.
var content = folder.Content{
	Replaces: isFile,
	Last:     ReportFile,
}

func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<16)
	err = write(w)
	if err == nil { // else Flush says it again
		err = w.Flush()
	}
	return errors.Join(err, f.Close())
}

// WriteJSON writes a report, or what is made of reports, as report.json has it:
// indented, with a newline at the end.
func WriteJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false) // messages hold < and >
	return enc.Encode(v)
}
