// Package report turns the history of a run into figures and writes them down.
//
// Build is a pure function: the same history and the same Meta give the same
// Report, byte for byte once written, on every run and every machine. It asks
// no clock, reads no file and talks to no cluster. Everything in a Report is
// virtual time; how long the run took on the wall never enters it.
//
//	r := report.Build(h, report.Meta{TraceName: "morning", Start: start, Seed: 1})
//	err := report.WriteText(os.Stdout, r)    // the summary for a terminal
//	err = report.WriteDir("out", r, h)       // report.json, pods.csv, timeline.csv
//
// Package html, below, writes the page to look at.
//
// # What the figures mean
//
// An instant is the state after everything that happened at it: a pod bound at
// 5s is bound in the timeline's point at 5s. Spans include their first instant
// and exclude their last one. A pod occupies its requests from the moment it is
// bound until it finished or was deleted, whichever came first, whether or not
// its containers had started and whether or not its node still existed. A node
// offers its allocatable resources from the moment it is added until it is
// removed, ready or not. Instants that the history holds beyond its End count
// as if they were at the End, so that nothing recorded is lost.
//
// # Why it is the same everywhere
//
// Sums and integrals are kept in whole numbers (see area), so neither the order
// of the pods nor a processor's fused multiply-add can change a digit; only
// the final division yields a float, rounded to six decimals. Maps serve for
// looking up, never for the order of the output.
package report
