package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/google/renameio/v2"
)

// results are all figures, as they are in bench.json.
type results struct {
	Simk string   `json:"simk"` // its version
	OS   string   `json:"os"`
	Arch string   `json:"arch"`
	CPUs int      `json:"cpus"`
	Rows []result `json:"rows"`
}

// result is one row of the table.
type result struct {
	Name string `json:"name"`
	What string `json:"what"`
	Runs int    `json:"runs"`
	// Error is why there are no figures, or no good ones.
	Error string `json:"error,omitempty"`
	// WallSeconds is from the start of the process to its end; ReadySeconds is
	// the part of it before the trace. All rates are over the whole wall time.
	WallSeconds             float64 `json:"wallSeconds"`
	ReadySeconds            float64 `json:"readySeconds"`
	VirtualSeconds          float64 `json:"virtualSeconds"`
	VirtualSecondsPerSecond float64 `json:"virtualSecondsPerSecond"`
	PodsPerSecond           float64 `json:"podsPerSecond"`
	// EventsPerSecond is for traces that are only read, else 0.
	EventsPerSecond float64 `json:"eventsPerSecond"`
	PeakRSSBytes    int64   `json:"peakRSSBytes"`
	Pods            pods    `json:"pods"`
	// Goal is text, empty without one; Missed says that it was not reached.
	Goal   string `json:"goal,omitempty"`
	Missed bool   `json:"missed"`

	version string
}

func newResults() *results {
	return &results{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Rows: []result{}}
}

func newResult(r row, s sample, err error) result {
	out := result{
		Name: r.name, What: r.what, Runs: max(r.runs, 1),
		WallSeconds: s.wall.Seconds(), ReadySeconds: s.ready.Seconds(),
		VirtualSeconds: s.report.Simulated.Seconds, PeakRSSBytes: s.peakRSS, Pods: s.report.Pods,
		Goal: r.goal.String(), version: s.report.SimkVersion,
	}
	if s.wall > 0 {
		out.VirtualSecondsPerSecond = out.VirtualSeconds / out.WallSeconds
		out.PodsPerSecond = float64(out.Pods.Created) / out.WallSeconds
		out.EventsPerSecond = float64(r.events) / out.WallSeconds
	}
	if err != nil {
		out.Error = err.Error()
	}
	out.Missed = err != nil || r.goal.missed(out)
	return out
}

func (g goal) missed(r result) bool {
	return g.wall > 0 && r.WallSeconds > g.wall.Seconds() ||
		g.peakRSS > 0 && r.PeakRSSBytes > g.peakRSS ||
		g.podsPerSecond > 0 && r.PodsPerSecond < g.podsPerSecond ||
		g.eventsPerSecond > 0 && r.EventsPerSecond < g.eventsPerSecond
}

func (g goal) String() string {
	var parts []string
	if g.wall > 0 {
		parts = append(parts, fmt.Sprintf("≤ %.0f s", g.wall.Seconds()))
	}
	if g.peakRSS > 0 {
		parts = append(parts, fmt.Sprintf("≤ %d MB", g.peakRSS/mega))
	}
	if g.podsPerSecond > 0 {
		parts = append(parts, fmt.Sprintf("≥ %.0f pods/s", g.podsPerSecond))
	}
	if g.eventsPerSecond > 0 {
		parts = append(parts, fmt.Sprintf("≥ %.0f events/s", g.eventsPerSecond))
	}
	return strings.Join(parts, ", ")
}

func (r *results) add(one result) {
	if one.version != "" {
		r.Simk = one.version
	}
	r.Rows = append(r.Rows, one)
}

// print writes the table for people. Its columns of figures are as wide as
// their titles and aligned to the right, which tabwriter does for all or none.
func (r *results) print(out io.Writer) error {
	fmt.Fprintf(out, "simk %s on %s/%s, %d CPUs\n\n", r.Simk, r.OS, r.Arch, r.CPUs)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "row\twhat\t wall s\tready s\tvirtual s/s\t  pods\tpods/s\tevents/s\tpending\tpeak MB\tgoal on 2 CPUs")
	for _, one := range r.Rows {
		fmt.Fprintf(w, "%s\t%s\t%7.2f\t%7.2f\t%11.0f\t%6d\t%6.0f\t%8.0f\t%7d\t%7d\t%s\n", one.Name, one.What,
			one.WallSeconds, one.ReadySeconds, one.VirtualSecondsPerSecond, one.Pods.Created, one.PodsPerSecond, one.EventsPerSecond,
			one.Pods.PendingAtEnd, one.PeakRSSBytes/mega, one.verdict())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, "\nWall time is of the whole process, start and report included, and rates are over all of it.")
	return err
}

// verdict is the goal and whether it was reached.
func (r *result) verdict() string {
	switch {
	case r.Error != "":
		return "FAILED: " + r.Error
	case r.Missed:
		return r.Goal + "  MISSED"
	}
	return r.Goal
}

// write replaces the file with the figures, as a whole or not at all.
func (r *results) write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return renameio.WriteFile(path, append(text, '\n'), 0o644, renameio.WithStaticPermissions(0o644))
}
