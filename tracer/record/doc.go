// Package record records a live cluster. It lists and watches with a
// rest.Config, reads nothing but what it needs, changes nothing, and appends
// what happens to a Sink as package journal has it.
//
//	w, err := journal.Create("rec.simk", journal.Begin{...})
//	r, err := record.New(record.Options{Config: config, Resources: record.Defaults()})
//	err = r.Run(ctx, sink) // until ctx ends
//
// What is recorded: nodes and what becomes of them; workloads by their top-level
// owner; bare pods; what bears on placing pods; how pods ran. Objects that a
// controller of a replay makes again (the ReplicaSets and pods of a Deployment)
// are not: their pods give life cycles. ConfigMaps, Secrets and ServiceAccounts
// are asked for as metadata only, and kept without annotations.
//
// Times are the cluster's own: creationTimestamp, the time at which a deletion
// was asked for, the newest time in managedFields, container states, transitions
// of conditions. What carries none (a deletion at once; an update that only
// removes something) gets the Date of an answer that the server gave afterwards,
// marked as the latest that it can be; package journal narrows it down. All
// these have whole seconds.
//
// A watch that breaks is resumed where it was; one whose place the server has
// forgotten (410) is followed by a new list, which is compared with what is
// known, so that what was deleted meanwhile is found. Lost is then what was
// created and deleted in between, and the states between two.
//
// Memory holds what lives: the manifest of each recorded object, and some 300
// bytes for each pod.
package record
