package compare

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
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
	f, err := os.Open(filepath.Join(dir, report.PodsFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows := csv.NewReader(f)
	rows.ReuseRecord = true
	head, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.Name(), err)
	}
	var at [4]int
	for i, column := range []string{"namespace", "name", "created", "bound"} {
		if at[i] = slices.Index(head, column); at[i] < 0 {
			return nil, fmt.Errorf("read %s: it has no column %s", f.Name(), column)
		}
	}
	var pods []Pod
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return pods, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", f.Name(), err)
		}
		p := Pod{Key: row[at[0]] + "/" + row[at[1]], Bound: row[at[3]] != ""}
		if p.Bound {
			created, err1 := strconv.ParseFloat(row[at[2]], 64)
			bound, err2 := strconv.ParseFloat(row[at[3]], 64)
			if err := errors.Join(err1, err2); err != nil {
				return nil, fmt.Errorf("read %s: pod %s: %w", f.Name(), p.Key, err)
			}
			p.Waited = round(bound - created)
		}
		pods = append(pods, p)
	}
}
