// Package edit changes traces: it answers "what if" questions as a row of
// operations, each of which takes a trace and gives one.
//
//	script := &edit.Script{Seed: 7, Operations: []edit.Operation{
//		{Slice: &edit.Slice{From: edit.After(2 * time.Hour)}},
//		{ScaleArrivals: &edit.ScaleArrivals{Factor: 10}},
//	}}
//	plan, err := script.Compile(edit.Options{})
//	...
//	source, err := plan.Apply(func() (tracer.Source, error) { return tracer.Open("trace.json") })
//	...
//	err = tracer.WriteFile("edited.json", source.Head(), tracer.Events(source))
//
// Objects are selected by CEL expressions as admission policies have them, with
// the variables object, at and event (see Where).
//
// # What follows an object
//
// A delete follows its object: what was filtered is not deleted, what was cloned
// is deleted with its clones, what was renamed under its new name. So do the
// failures, recoveries and drains of nodes, and the lifecycles of owners. Whether
// an object stays, and how often, is decided when it first appears; later changes
// to it have the same fate, until it is deleted.
//
// # Memory and passes
//
// Operations work as streams. Memory holds the start of the trace, the event in
// hand, and the names of the objects that live at the same time. More is held by:
//
//   - Slice with From: the objects that live at that time;
//   - ScaleArrivals with Jitter: the clones of one jitter's length of the trace;
//   - Insert: the manifests;
//   - Merge: a digest of each live object that is no workload.
//
// Lifecycles stand at the head of a trace, but their owners may come at its end.
// A trace that has lifecycles is therefore read twice: once to find what becomes
// of the owners, and once to write.
//
// The same input, operations and seed give the same bytes. Chance is a hash of
// the seed and the object's name, never of its place.
package edit
