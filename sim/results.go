package sim

import (
	"errors"
	"io"
	"time"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/history"
	"simk.dev/simk/sim/recorder"
	"simk.dev/simk/sim/report"
	"simk.dev/simk/sim/report/html"
)

// prepareOut makes sure that the results can be written, before the work is done.
func (o *Options) prepareOut() error {
	if o.Out == "" {
		return nil
	}
	if err := report.PrepareDir(o.Out); err != nil {
		return err
	}
	return report.RefuseOthers(o.Out)
}

// logFolder is where logs of the run are kept until its end: in the scratch folder, or
// nowhere (empty) in a cluster that may live for days and whose results nobody wants.
func (c *Cluster) logFolder() string {
	if c.plan.Interactive && c.options.Out == "" {
		return ""
	}
	return c.dir
}

// conclude fills in the outcome of a run that ended at an offset, with an error
// perhaps, and writes the results if they are wanted and keep says so. It returns
// what went wrong in all.
func (c *Cluster) conclude(outcome *Outcome, began time.Time, end time.Duration, runErr error, keep bool) error {
	h := c.recorder.Finish(end, runErr)
	outcome.Report = report.Build(h, c.in.meta(c.options))
	outcome.Report.Parts = c.figures(h)
	outcome.Forgotten = c.recorder.Forgotten()
	outcome.Took = clock.Wall().Sub(began)
	if c.options.Out == "" || !keep {
		return runErr
	}
	return errors.Join(runErr, c.write(outcome.Report, h))
}

// figures are the sections of the parts that have one, by name; nil for none.
func (c *Cluster) figures(h *history.History) map[string]any {
	var all map[string]any
	for _, p := range c.options.Parts {
		r, ok := p.(Reporter)
		if !ok {
			continue
		}
		if section := r.Figures(h); section != nil {
			if all == nil {
				all = map[string]any{}
			}
			all[p.Name()] = section
		}
	}
	return all
}

// write puts the results into the output folder, all at once.
func (c *Cluster) write(r *report.Report, h *history.History) error {
	logs := []*recorder.JSONLines{c.events.Lines()}
	if c.scaling != nil {
		logs = append(logs, c.scaling.recorder.Lines())
	}
	if c.attempts != nil {
		logs = append(logs, c.attempts)
	}
	logs = append(logs, c.logs...)
	var files []report.File
	for _, l := range logs {
		file, err := l.File()
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	page := report.File{Name: report.HTMLFile, Write: func(w io.Writer) error { return html.WriteReport(w, r, h) }}
	return report.WriteDir(c.options.Out, r, h, append(files, page)...)
}
