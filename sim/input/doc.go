// Package input opens what a run replays: files of any format, on disk or on standard input, and
// what is changed in them. What comes out is one trace of simk's own, which can be read as often as
// one likes:
//
//	trace, err := input.Open(input.Inputs{Paths: []string{"nodes.yaml", "pods.yaml"}}, dir)
//	summary, err := tracer.Check(trace.Path, tracer.CheckOptions{Naming: trace.Naming})
//
// Formats are known by package tracer/formats, edits by tracer/edit; nothing is simulated here.
package input
