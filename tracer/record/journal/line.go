package journal

import (
	"encoding/json"
	"time"

	"simk.dev/simk/tracer"
)

// Version is what the first line of a recording says about its format.
const Version = "simk.dev/v1"

// Op says what a line tells.
type Op string

// The kinds of lines.
const (
	// BeginOp is the first line: At is the start of the recording.
	BeginOp Op = "begin"
	// State is an object that existed at the start, Apply one that was created
	// or changed, Delete one whose deletion was asked for.
	State  Op = "state"
	Apply  Op = "apply"
	Delete Op = "delete"
	// Fail and Recover are what became of the node in Ref.
	Fail    Op = "fail"
	Recover Op = "recover"
	// Drain says that the node in Ref began to be emptied.
	Drain Op = "drain"
	// PodOp is how a pod ran so far; the last line of a pod counts.
	PodOp Op = "pod"
	// Owned says that an object that is not itself in the recording (a
	// ReplicaSet, a CronJob's Job) has a controller.
	Owned Op = "owned"
	// Mark says that the recorder was alive and had seen all until At. End is
	// the last line of a recording that was finished.
	Mark Op = "mark"
	End  Op = "end"
)

// Line is one line of a recording.
type Line struct {
	Op Op `json:"op"`
	// At is the cluster's own time. With Latest it is the latest that it can be.
	At     time.Time `json:"at,omitzero"`
	Latest bool      `json:"latest,omitempty"`
	// RV is the resource version of what the line tells, 0 if it is no number.
	RV uint64 `json:"rv,omitempty"`
	// Loose says that RV is of a later change of the object than At.
	Loose bool `json:"loose,omitempty"`

	Recording string `json:"recording,omitempty"`
	Follows   bool   `json:"follows,omitempty"`
	Name      string `json:"name,omitempty"`
	Source    string `json:"source,omitempty"`

	Ref    *Ref            `json:"ref,omitempty"`
	Object json.RawMessage `json:"object,omitempty"`
	// UID is of the object that Controller owns.
	UID        string `json:"uid,omitempty"`
	Controller *Owner `json:"controller,omitempty"`
	Pod        *Pod   `json:"pod,omitempty"`
}

// Begin is what the first line says.
type Begin struct {
	At           time.Time
	Name, Source string
	// Follows says that it continues another part without a gap.
	Follows bool
}

// Ref names an object.
type Ref struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
}

// Owner names a controller.
type Owner struct {
	Ref
	UID string `json:"uid"`
}

// Pod is how a pod ran, as far as it is known. Times are those of the cluster's
// machines, to the second; those that are not known are zero.
type Pod struct {
	UID       string `json:"uid"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Controller is nil for a bare pod; Hash is the label pod-template-hash.
	Controller *Owner    `json:"controller,omitempty"`
	Hash       string    `json:"hash,omitempty"`
	Created    time.Time `json:"created"`
	Bound      time.Time `json:"bound,omitzero"`
	Node       string    `json:"node,omitempty"`
	// Always is the restart policy Always.
	Always bool `json:"always,omitempty"`
	// Started is when the first main container first ran.
	Started time.Time `json:"started,omitzero"`
	// Restarts counts those of the container that had most; Before of them had
	// been when the recording began.
	Restarts int32 `json:"restarts,omitempty"`
	Before   int32 `json:"before,omitempty"`
	// Crashed is how long the run before the present one took, and CrashCode how
	// it ended.
	Crashed   time.Duration `json:"crashed,omitempty"`
	CrashCode int32         `json:"crashCode,omitempty"`
	// Ended says that the pod ended by itself: not because it was deleted.
	// Its last run was from RunStart to RunEnd.
	Ended    bool      `json:"ended,omitempty"`
	RunStart time.Time `json:"runStart,omitzero"`
	RunEnd   time.Time `json:"runEnd,omitzero"`
	ExitCode int32     `json:"exitCode,omitempty"`
}

func (r Ref) object() tracer.ObjectRef { return tracer.ObjectRef(r) }
