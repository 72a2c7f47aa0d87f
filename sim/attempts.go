package sim

import (
	"time"

	"simk.dev/simk/scheduler"
	"simk.dev/simk/sim/explain"
	"simk.dev/simk/sim/report"
)

// recordAttempts begins to record the scheduler's attempts, if that is wanted and
// there is a folder for them. Nil: they are not.
func (c *Cluster) recordAttempts() (_ scheduler.Attempts, err error) {
	if !c.options.Explain.On() || c.options.Out == "" {
		return nil, nil
	}
	if c.attempts, err = newPackedLog(c.dir, report.ExplainFile, c.zero); err != nil {
		return nil, err
	}
	now := func() float64 { return c.attempts.at(time.Now()) }
	return explain.NewWriter(c.options.Explain, now, c.attempts.add), nil
}
