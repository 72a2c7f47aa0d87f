package compare

import (
	"maps"
	"slices"

	"simk.dev/simk/sim/report"
)

// Better says which way a figure is good.
type Better string

// Ways.
const (
	Lower   Better = "lower"
	Higher  Better = "higher"
	Neither Better = "neither" // a fact, not a virtue
)

// Unit is what a figure is measured in.
type Unit string

// Units.
const (
	Count    Unit = "count"
	Seconds  Unit = "seconds"
	Hours    Unit = "hours"
	Fraction Unit = "fraction"
	Money    Unit = "money"
)

// figure is one headline figure of a report.
type figure struct {
	name, label string
	better      Better
	unit        Unit
	// of returns the figure; ok is false if the report has none.
	of func(*report.Report) (value float64, ok bool)
}

func count(of func(*report.Report) int) func(*report.Report) (float64, bool) {
	return func(r *report.Report) (float64, bool) { return float64(of(r)), true }
}

func number(of func(*report.Report) float64) func(*report.Report) (float64, bool) {
	return func(r *report.Report) (float64, bool) { return of(r), true }
}

func scaled(of func(*report.Autoscaling) float64) func(*report.Report) (float64, bool) {
	return func(r *report.Report) (float64, bool) {
		if r.Autoscaling == nil {
			return 0, false
		}
		return of(r.Autoscaling), true
	}
}

// waited is a figure of the pods that were bound: of none there is none.
func waited(of func(*report.Distribution) float64) func(*report.Report) (float64, bool) {
	return func(r *report.Report) (float64, bool) { return of(&r.PendingSeconds), r.Pods.Bound > 0 }
}

// figures are named as in report.json and expressions over it.
var figures = []figure{
	{"pods.created", "pods created", Neither, Count, count(func(r *report.Report) int { return r.Pods.Created })},
	{"pods.bound", "bound", Higher, Count, count(func(r *report.Report) int { return r.Pods.Bound })},
	{"pods.succeeded", "succeeded", Higher, Count, count(func(r *report.Report) int { return r.Pods.Succeeded })},
	{"pods.failed", "failed", Lower, Count, count(func(r *report.Report) int { return r.Pods.Failed })},
	{"pods.evicted", "evicted", Lower, Count, count(func(r *report.Report) int { return r.Pods.Evicted })},
	{"pods.preempted", "preempted", Lower, Count, count(func(r *report.Report) int { return r.Pods.Preempted })},
	{"pods.pendingAtEnd", "pending at the end", Lower, Count, count(func(r *report.Report) int { return r.Pods.PendingAtEnd })},
	{"pods.runningAtEnd", "running at the end", Neither, Count, count(func(r *report.Report) int { return r.Pods.RunningAtEnd })},
	{"restarts", "container restarts", Lower, Count, count(func(r *report.Report) int { return int(r.Restarts) })},
	{"pendingSeconds.mean", "waiting, mean", Lower, Seconds, waited(func(d *report.Distribution) float64 { return d.Mean })},
	{"pendingSeconds.p50", "waiting, p50", Lower, Seconds, waited(func(d *report.Distribution) float64 { return d.P50 })},
	{"pendingSeconds.p90", "waiting, p90", Lower, Seconds, waited(func(d *report.Distribution) float64 { return d.P90 })},
	{"pendingSeconds.p99", "waiting, p99", Lower, Seconds, waited(func(d *report.Distribution) float64 { return d.P99 })},
	{"pendingSeconds.max", "waiting, max", Lower, Seconds, waited(func(d *report.Distribution) float64 { return d.Max })},
	{"nodes.peak", "nodes, peak", Neither, Count, count(func(r *report.Report) int { return r.Nodes.Peak })},
	{"nodes.atEnd", "nodes at the end", Neither, Count, count(func(r *report.Report) int { return r.Nodes.AtEnd })},
	{"nodes.nodeHours", "node-hours", Lower, Hours, number(func(r *report.Report) float64 { return r.Nodes.NodeHours })},
	{"autoscaling.cost", "cost", Lower, Money, scaled(func(a *report.Autoscaling) float64 { return a.Cost })},
	{"autoscaling.scaleUps.nodes", "nodes added", Neither, Count,
		scaled(func(a *report.Autoscaling) float64 { return float64(a.ScaleUps.Nodes) })},
	{"autoscaling.scaleDowns.nodes", "nodes taken away", Neither, Count,
		scaled(func(a *report.Autoscaling) float64 { return float64(a.ScaleDowns.Nodes) })},
	{"autoscaling.evictions.scaleDown", "evicted by scale-down", Lower, Count,
		scaled(func(a *report.Autoscaling) float64 { return float64(a.Evictions.ScaleDown) })},
}

// allFigures are the figures above and the use of each resource that a run has.
func allFigures(runs []Run) []figure {
	resources := map[string]bool{}
	for _, run := range runs {
		for _, r := range run.Reports {
			for name := range r.Utilization {
				resources[name] = true
			}
		}
	}
	all := slices.Clone(figures)
	for _, name := range slices.Sorted(maps.Keys(resources)) {
		all = append(all,
			figure{"utilization." + name + ".meanRequested", name + " requested, mean", Higher, Fraction, func(r *report.Report) (float64, bool) {
				u, ok := r.Utilization[name]
				return u.MeanRequested, ok
			}},
			figure{"utilization." + name + ".peakRequested", name + " requested, peak", Neither, Fraction, func(r *report.Report) (float64, bool) {
				u, ok := r.Utilization[name]
				return u.PeakRequested, ok
			}})
	}
	return append(all, partFigures(runs)...)
}

// partFigures are the numbers in the sections of parts. What is better nobody knows.
func partFigures(runs []Run) []figure {
	paths := map[string]bool{}
	for _, run := range runs {
		for _, r := range run.Reports {
			for _, f := range report.PartFigures(r) {
				if _, number := f.Value.(float64); number {
					paths[f.Path] = true
				}
			}
		}
	}
	var all []figure
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		all = append(all, figure{path, path, Neither, Count, func(r *report.Report) (float64, bool) {
			for _, f := range report.PartFigures(r) {
				if v, number := f.Value.(float64); number && f.Path == path {
					return v, true
				}
			}
			return 0, false
		}})
	}
	return all
}
