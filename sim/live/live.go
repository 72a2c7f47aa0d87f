// Package live is between a run and those who look at it live: what they see, and
// how they steer the run's time.
//
// A replay that is watched is a child process of the view. Its Console writes
// snapshots to a pipe and reads commands from another, always on a goroutine of the
// simulation and by plain system calls. No socket and no goroutine of the kernel's
// choosing is added to the run, so that it gives the same results with and without
// a view. A live cluster, which is not repeatable anyhow, gives its snapshots over
// package live/socket.
//
// Everything shown is read from the real components' objects; nothing is simulated
// here.
package live

import "time"

// Rows bounds the nodes and the pods of a snapshot, Lines its events.
const (
	Rows  = 200
	Lines = 200
)

// Snapshot is a run at an instant.
type Snapshot struct {
	// Phase is what the run is doing: objects or replay.
	Phase string `json:"phase"`
	// Time is the cluster's own, virtual time, and At its offset from the trace's start.
	Time time.Time     `json:"time"`
	At   time.Duration `json:"at"`
	// End is the offset at which the run ends; 0: not known.
	End time.Duration `json:"end,omitempty"`
	// Events of the trace that have been replayed, and how many there are.
	Events      int `json:"events"`
	EventsTotal int `json:"eventsTotal"`
	// Next is when the next of them is; zero: not known, or there is none.
	Next time.Time `json:"next,omitzero"`
	// Speed is virtual seconds per wall second, 0: as fast as possible.
	Speed  float64 `json:"speed"`
	Paused bool    `json:"paused"`
	// Over says that the run has ended and this is its last snapshot.
	Over bool `json:"over,omitempty"`

	Nodes   int `json:"nodes"`
	Pending int `json:"podsPending"`
	Running int `json:"podsRunning"`
	Done    int `json:"podsDone"`
	// Resources are those of all nodes together, by name.
	Resources []Resource `json:"resources,omitempty"`

	// PodRows are the pods that match the filter: those that wait first, the longest
	// first, then the others, the latest first. There are PodsMatching of them, of
	// which at most Rows are here.
	PodRows      []Pod `json:"podRows,omitempty"`
	PodsMatching int   `json:"podsMatching"`
	// NodeRows are the nodes that match it, by name, likewise.
	NodeRows      []Node `json:"nodeRows,omitempty"`
	NodesMatching int    `json:"nodesMatching"`
	// Log are events since the last snapshot; LogEnd is the number of the next one,
	// counted from the start of the run.
	Log    []Line `json:"log,omitempty"`
	LogEnd int    `json:"logEnd"`
}

// Resource is how much of something is requested and how much there is: millicores
// for cpu, units for the rest.
type Resource struct {
	Name        string `json:"name"`
	Requested   int64  `json:"requested"`
	Allocatable int64  `json:"allocatable"`
}

// Pod is a line about a pod.
type Pod struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Owner     string `json:"owner,omitempty"`
	// State is Pending, Starting, Running, Succeeded, Failed or Terminating.
	State string `json:"state"`
	// Since is the offset at which the state began.
	Since time.Duration `json:"since"`
	Node  string        `json:"node,omitempty"`
	// Reason is why a pod waits, as the scheduler says.
	Reason string `json:"reason,omitempty"`
}

// Node is a line about a node.
type Node struct {
	Name  string `json:"name"`
	Ready bool   `json:"ready"`
	Pods  int    `json:"pods"`
	// Resources are in the order of the snapshot's.
	Resources []Resource `json:"resources,omitempty"`
}

// Line is an event of the cluster: one of Kubernetes' Events, or a note of simk's.
type Line struct {
	At      time.Duration `json:"at"`
	Type    string        `json:"type"`
	Reason  string        `json:"reason"`
	Object  string        `json:"object"`
	Message string        `json:"message"`
}

// Query is what a view wants to see.
type Query struct {
	// Filter is a part of the names of pods, owners and nodes to list; empty: all.
	Filter string `json:"filter"`
	// Since is the number of the first event wanted.
	Since int `json:"since"`
}

// Command steers a run; nil fields stay as they are.
type Command struct {
	// Speed is virtual seconds per wall second, 0: as fast as possible.
	Speed  *float64 `json:"speed,omitempty"`
	Paused *bool    `json:"paused,omitempty"`
	// Step lets a paused run go on to the next event.
	Step bool `json:"step,omitempty"`
	// Filter is that of Query.
	Filter *string `json:"filter,omitempty"`
	// Detach lets the run go on unwatched, as fast as possible: to its end, or until it
	// hears of a signal, which it may not while it is paused.
	Detach bool `json:"detach,omitempty"`
}
