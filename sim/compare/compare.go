package compare

import (
	"fmt"
	"math"

	"simk.dev/simk/sim/report"
)

// Run is a configuration that was run, once or with several seeds.
type Run struct {
	Name string
	// Reports are one for each seed, in the same order in all runs.
	Reports []*report.Report
	// Pods are the pods of the first seed, to tell which fared better; nil: not known.
	Pods []Pod
}

// Comparison is runs set against the first of them.
type Comparison struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Runs       []string `json:"runs"`
	// Seeds is how many runs each value is made of.
	Seeds int `json:"seeds"`
	// Notes say why figures may not be alike: other traces, other lengths.
	Notes []string `json:"notes"`
	Rows  []Row    `json:"rows"`
	// Changes tell owners and pods apart, for each run but the first.
	Changes []Change `json:"changes"`
}

// Row is one figure in all runs.
type Row struct {
	// Name is the figure's path in report.json.
	Name   string  `json:"name"`
	Label  string  `json:"label"`
	Better Better  `json:"better"`
	Unit   Unit    `json:"unit"`
	Values []Value `json:"values"`
}

// Value is a figure of one run, over its seeds.
type Value struct {
	// Missing says that the run has no such figure.
	Missing bool    `json:"missing,omitempty"`
	Mean    float64 `json:"mean"`
	Min     float64 `json:"min"`
	Max     float64 `json:"max"`
	// Difference is to the first run's mean, Relative a fraction of that; 0 where
	// the first run's is 0.
	Difference float64 `json:"difference"`
	Relative   float64 `json:"relative"`
	Verdict    Verdict `json:"verdict"`
}

// Verdict says what a difference means.
type Verdict string

// Verdicts.
const (
	Same  Verdict = "same"
	Good  Verdict = "better"
	Bad   Verdict = "worse"
	Other Verdict = "different" // of a figure that is neither good nor bad
	// Noise: the two ranges over the seeds overlap.
	Noise Verdict = "withinSpread"
)

// Of compares runs with the first. All have the same number of reports.
func Of(runs []Run) *Comparison {
	c := &Comparison{APIVersion: "simk.dev/v1", Kind: "Comparison", Seeds: len(runs[0].Reports), Notes: notes(runs)}
	for _, r := range runs {
		c.Runs = append(c.Runs, r.Name)
	}
	for _, f := range allFigures(runs) {
		row := Row{Name: f.name, Label: f.label, Better: f.better, Unit: f.unit}
		found := false
		for _, run := range runs {
			v := f.over(run.Reports)
			found = found || !v.Missing
			if len(row.Values) > 0 {
				v.judge(row.Values[0], f.better)
			} else {
				v.Verdict = Same
			}
			row.Values = append(row.Values, v)
		}
		if found {
			c.Rows = append(c.Rows, row)
		}
	}
	for _, run := range runs[1:] {
		c.Changes = append(c.Changes, changeOf(runs[0], run))
	}
	return c
}

// notes tell where runs differ in what they ran, not only in how.
func notes(runs []Run) []string {
	all := []string{}
	base := runs[0].Reports[0]
	for _, run := range runs[1:] {
		r := run.Reports[0]
		if r.Trace != base.Trace {
			all = append(all, fmt.Sprintf("%s ran another trace than %s: %q, or an edited one", run.Name, runs[0].Name, r.Trace.Name))
		}
		if r.Simulated.Seconds != base.Simulated.Seconds {
			all = append(all, fmt.Sprintf("%s ran for %s and %s for %s: sums such as node-hours and cost are of different lengths",
				run.Name, Seconds.text(r.Simulated.Seconds), runs[0].Name, Seconds.text(base.Simulated.Seconds)))
		}
	}
	return all
}

// over is a figure over the seeds of a run.
func (f figure) over(reports []*report.Report) Value {
	var v Value
	sum := 0.0
	for i, r := range reports {
		x, ok := f.of(r)
		if !ok {
			return Value{Missing: true}
		}
		if i == 0 {
			v.Min, v.Max = x, x
		}
		v.Min, v.Max = min(v.Min, x), max(v.Max, x)
		sum += x
	}
	v.Mean = round(sum / float64(len(reports)))
	return v
}

// judge sets the value against the first run's.
func (v *Value) judge(base Value, better Better) {
	if v.Missing || base.Missing {
		v.Verdict = Other
		return
	}
	v.Difference = round(v.Mean - base.Mean)
	if base.Mean != 0 {
		v.Relative = round(v.Difference / math.Abs(base.Mean))
	}
	spread := v.Min != v.Max || base.Min != base.Max
	switch {
	case v.Difference == 0 && !spread:
		v.Verdict = Same
	case spread && v.Min <= base.Max && base.Min <= v.Max:
		v.Verdict = Noise
	case better == Neither:
		v.Verdict = Other
	case (v.Difference < 0) == (better == Lower):
		v.Verdict = Good
	default:
		v.Verdict = Bad
	}
}

// round keeps the six decimals that reports have.
func round(x float64) float64 { return math.Round(x*1e6) / 1e6 }
