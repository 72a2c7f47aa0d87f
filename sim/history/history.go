// Package history holds what happened in a run: an append-only record that
// package recorder fills and that package report turns into figures. It knows
// nothing of Kubernetes clients, files or wall time.
//
// Everything in it is virtual: instants are offsets from the trace's start, and
// nothing that differs between two runs of the same trace (UIDs, resource
// versions, wall time) is kept. What exists at the trace's start has the offset
// 0, so that it counts as there from the start; what never came is Never.
package history

import "time"

// Never marks an instant that did not come.
const Never time.Duration = -1

// Resources are amounts by resource name, in the resource's base unit scaled
// by 1000 for cpu (millicores) and unscaled for all others (bytes, devices).
type Resources map[string]int64

// Pod is the life of one pod as the apiserver saw it. Pods are appended when
// they are created; a field is set when its moment comes. A pod recreated under
// its old name (StatefulSets do that) is another Pod.
type Pod struct {
	Namespace, Name string
	// Owner is "Kind/name" of the top-level owner (the Deployment, not its
	// ReplicaSet), or "Pod/name" for a bare pod.
	Owner string
	// Node is where the pod was bound, empty before.
	Node string
	// Launch says that it was the Launch-th pod, from 1, that a node started
	// for its owner. It is 0 before, and where the trace records no lives of
	// the owner's pods.
	Launch int
	// Requests are the pod's effective requests as the scheduler counts them, when it
	// was bound; that each pod takes one of the resource "pods" is understood. Resized are
	// what they were later, in order; nil: it was never resized.
	Requests Resources
	Resized  []Later[Resources]

	// Created, Bound, Started and Finished come in this order, Deleted may
	// come anywhere behind Created. All are Never until they come. Finished is
	// set together with the phase Succeeded or Failed; Deleted is when the
	// object went, not when its deletion was asked for.
	Created, Bound, Started, Finished, Deleted time.Duration

	// Phase is the last phase seen: Pending, Running, Succeeded, Failed.
	Phase string
	// ExitCode is the first container's last exit code; HasExit says there is one.
	ExitCode int32
	HasExit  bool
	// Restarts is the number of container restarts over all containers.
	Restarts int32
	// Reason is the scheduler's last message while the pod could not be placed
	// (empty once it is bound), without the node counts in front.
	Reason string
	// Message is the scheduler's last whole message for a pod never bound.
	Message string
	// Preempted, Evicted: ended by the scheduler's preemption, or by a taint,
	// the eviction API or a node's failure.
	Preempted, Evicted bool
}

// Node is the life of one node object; one added again under its old name is
// another Node.
type Node struct {
	Name string
	// Allocatable is what the node offered at first, Resized what it offered later, in
	// order; nil: that never changed.
	Allocatable Resources
	Resized     []Later[Resources]
	// Added and Removed bound its existence; Removed is Never at the end.
	Added, Removed time.Duration
	// NotReady are the spans in which its Ready condition was not True, in
	// order and apart from each other; the last one may be open (To is Never).
	NotReady []Span
}

// Span is a stretch of time; To is Never while it lasts.
type Span struct{ From, To time.Duration }

// Rejection is an object of the trace that the apiserver refused in a run
// that goes on after errors.
type Rejection struct {
	At      time.Duration
	Object  string // kind namespace/name
	Message string
}

// NotCreated is a workload whose controller could not create what it wants to.
type NotCreated struct {
	At       time.Duration // the first time
	Object   string        // the workload, kind namespace/name
	Attempts int
	Message  string // of the first attempt
}

// FailingFast is a workload that made a great many pods which failed at once.
type FailingFast struct {
	At               time.Duration // when there were too many
	Namespace, Owner string        // as Pod has them
	Failed           int           // the most within a minute
	Reason           string        // of the pod that was one too many
}

// Recorded is what the trace says about how an owner's pods really fared, in
// launch order: entry k is about the pod with the Launch k+1. Pods beyond the
// last entry have no counterpart.
type Recorded struct {
	Namespace string
	Owner     string // as Pod has it
	Pods      []RecordedPod
}

// RecordedPod is how one pod really fared; what was not recorded is empty, or
// Never.
type RecordedPod struct {
	Node    string        // where it ran
	Pending time.Duration // from creation to binding
}

// History is everything that happened, in order. Nothing in it should be later
// than End.
type History struct {
	Pods       []*Pod
	Nodes      []*Node
	Rejections []Rejection
	// NotCreated are in the order in which they failed first.
	NotCreated []*NotCreated
	// FailingFast are in the order in which there were too many.
	FailingFast []*FailingFast
	// Webhooks are the objects of the trace, "Kind name", on whose behalf an apiserver
	// would have called a webhook, each once; of an interactive cluster those for which one
	// was to be called that is not on loopback.
	Webhooks []string
	// Recorded is what the run can be compared with, each owner once.
	Recorded []Recorded
	// Autoscaling is what the autoscaler did; nil: there was none.
	Autoscaling *Autoscaling
	// End is the instant the run ended; Incomplete says why it ended early.
	End        time.Duration
	Incomplete string
}
