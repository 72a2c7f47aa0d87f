package recorder

import (
	"time"

	"simk.dev/simk/scheduler"
	"simk.dev/simk/sim/explain"
	"simk.dev/simk/sim/report"
)

// NewAttempts makes the file of a folder in which the scheduler's attempts to place pods are
// recorded, and who records them there. start is the trace's zero.
func NewAttempts(mode explain.Mode, dir string, start time.Time) (scheduler.Attempts, *JSONLines, error) {
	lines, err := newPackedJSONLines(dir, report.ExplainFile, start)
	if err != nil {
		return nil, nil, err
	}
	now := func() float64 { return lines.At(time.Now()) }
	return explain.NewWriter(mode, now, lines.Add), lines, nil
}
