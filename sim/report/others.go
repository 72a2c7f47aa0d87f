package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// RefuseOthers refuses a folder whose files only have the names of a report's: tables such
// as pods.csv are the user's own where no report.json of simk's stands beside them. Call it
// before a run; while a report is written it may look like that.
func RefuseOthers(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil //nolint:nilerr // there is none, or PrepareDir tells what is wrong with it
	}
	var head struct{ APIVersion, Kind string }
	text, err := os.ReadFile(filepath.Join(dir, ReportFile))
	if err == nil && json.Unmarshal(text, &head) == nil && head.APIVersion == apiVersion && head.Kind == kind {
		return nil
	}
	for _, e := range entries {
		if isFile(e.Name()) {
			return fmt.Errorf("check report directory: %s holds %q and no %s of simk's; name an empty or a new directory", dir, e.Name(), ReportFile)
		}
	}
	return nil
}
