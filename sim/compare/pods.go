package compare

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"

	"simk.dev/simk/sim/report"
)

// Pod is what a comparison needs of a row of pods.csv.
type Pod struct {
	// Key is NAMESPACE/NAME.
	Key string
	// Waited is from created to bound, in seconds; Bound is false if it was never bound.
	Waited float64
	Bound  bool
}

// ReadPods reads the pods.csv of a run's folder. One that is not there gives nil.
func ReadPods(dir string) ([]Pod, error) {
	var pods []Pod
	columns := []string{"namespace", "name", "created", "bound"}
	err := report.ReadTable(filepath.Join(dir, report.PodsFile), columns, func(cell func(string) string) error {
		p := Pod{Key: cell("namespace") + "/" + cell("name"), Bound: cell("bound") != ""}
		if p.Bound {
			created, err1 := strconv.ParseFloat(cell("created"), 64)
			bound, err2 := strconv.ParseFloat(cell("bound"), 64)
			if err := errors.Join(err1, err2); err != nil {
				return fmt.Errorf("pod %s: %w", p.Key, err)
			}
			p.Waited = round(bound - created)
		}
		pods = append(pods, p)
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return pods, err
}
