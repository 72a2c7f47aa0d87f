package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"simk.dev/simk/sim/folder"
)

// Read reads a report: a report.json, or the folder that holds one.
func Read(path string) (*Report, error) {
	dir := path
	if filepath.Base(path) == ReportFile {
		dir = filepath.Dir(path)
	}
	if err := folder.Recover(dir); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	if info.IsDir() {
		path = filepath.Join(path, ReportFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("read report %s: %w", path, err)
	}
	if r.APIVersion != apiVersion || r.Kind != kind {
		return nil, fmt.Errorf("read report %s: apiVersion %q and kind %q are not %s and %s; name the report.json of a run, or its folder",
			path, r.APIVersion, r.Kind, apiVersion, kind)
	}
	return &r, nil
}
