// Package replay brings a trace into a cluster: what exists at the start, and then each event at
// its instant.
//
//	r := replay.New(replay.Config{Zero: zero, End: end, Client: client, ...})
//	if err := r.Populate(ctx, nodes, head.Objects); err != nil { ... }
//	ended, err := r.Run(ctx, events)
//
// Time is virtual (docs/virtual-time.md): it moves when nobody in the process can run. Objects are
// applied one after the other, and each time everybody reacts until nothing is left to do at that
// instant. What an event names is looked up then: the second pod of a Deployment is the second
// that lives at that moment.
//
// Real: what happens to the objects. They go to the apiserver by create, server-side apply, resize
// and delete, with its validation and admission; a drain is kubectl's own code and respects
// PodDisruptionBudgets.
//
// Simulated: the clients that the trace's cluster had. All objects come from one, with the field
// manager FieldManager. Namespaces and service accounts that the trace uses and does not hold are
// made. The order in which nodes join follows from the seed. Webhooks are not called
// in a replay, which is noted. A node fails and recovers by a word to who simulates it.
package replay
