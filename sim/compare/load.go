package compare

import (
	"fmt"

	"simk.dev/simk/sim/report"
)

// Load reads a configuration's runs from their folders, one for each seed.
func Load(name string, dirs ...string) (Run, error) {
	run := Run{Name: name}
	for i, dir := range dirs {
		r, err := report.Read(dir)
		if err != nil {
			return run, err
		}
		if !r.Complete {
			return run, fmt.Errorf("%s: the run was stopped before its end (%s): replay it to compare it", dir, r.IncompleteReason)
		}
		run.Reports = append(run.Reports, r)
		if i > 0 {
			continue
		}
		if run.Pods, err = ReadPods(dir); err != nil {
			return run, err
		}
	}
	return run, nil
}
