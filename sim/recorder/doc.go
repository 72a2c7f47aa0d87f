// Package recorder watches a run and writes its history, as any client of the cluster would:
//
//	r := recorder.New(recorder.Config{Start: zero, Owner: owner})
//	if err := r.Watch(informers); err != nil { ... }
//	// the run
//	h := r.Finish(end, err)
//
// It also keeps the files that grow during a run as JSON lines: Events, decisions of autoscalers,
// attempts of the scheduler.
//
// Real: what is recorded. Pods, nodes, devices and Events are those that the API has, and the
// informers that tell of them are client-go's.
//
// Simulated: nothing. But instants are those of the virtual clock, cut to Resolution, and what
// precedes the trace's zero is at 0. What no object of the API tells, others do: nodes which
// pod of its owner they start, groups of machines what becomes of a machine.
package recorder
