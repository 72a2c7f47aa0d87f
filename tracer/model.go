package tracer

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// What a trace's apiVersion and kind are.
const (
	APIVersion = "simk.dev/v1"
	Kind       = "Trace"
)

// DefaultStartTime is the virtual instant of offset 0 where a trace names none.
var DefaultStartTime = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Limits of a trace's text, decompressed. The Go values take some ten times as
// much memory, fifty times in the worst case.
const (
	// MaxObject bounds one Kubernetes object, and any other single value. An
	// apiserver accepts requests of 3 MiB at most.
	MaxObject = 16 << 20
	// MaxEvent bounds one event: a burst of some 400,000 pods.
	MaxEvent = 256 << 20
	// MaxHead bounds everything before the events.
	MaxHead = 1 << 30
	// MaxDepth bounds how deep the values of an object are nested.
	MaxDepth = 200
)

// Head is everything in a trace before its events.
type Head struct {
	Name, Description, Source string
	// StartTime is the virtual instant of offset 0.
	StartTime time.Time
	// Duration is the end of the run. Without one (HasDuration is false) a run
	// ends after the last event, when nothing changes any more.
	Duration    time.Duration
	HasDuration bool
	// Objects exist at the start.
	Objects []Object
	// Lifecycles say how recorded pods ran.
	Lifecycles []OwnerLifecycles
}

// Object is a Kubernetes object of any kind.
type Object struct {
	*unstructured.Unstructured
	Pos Position
}

// Ref names the object.
func (o Object) Ref() ObjectRef {
	return ObjectRef{o.GetAPIVersion(), o.GetKind(), o.GetNamespace(), o.GetName()}
}

// OwnerLifecycles are the lives of an owner's pods in launch order: its k-th
// pod takes entry k, modulo the length.
type OwnerLifecycles struct {
	Owner ObjectRef
	Pods  []Lifecycle
	Pos   Position
}

// Lifecycle is how one pod ran.
type Lifecycle struct {
	// StartDelay passes between binding and running.
	StartDelay time.Duration
	// RunFor is how long the pod runs. Without it (HasRunFor is false) it runs
	// until it is deleted.
	RunFor    time.Duration
	HasRunFor bool
	ExitCode  int32
	Restarts  int32
	// Node is where the pod really ran: for comparison, not imposed.
	Node string
	// Pending really passed between creation and binding: for comparison, not
	// imposed. Zero is a recorded value; HasPending is false where none was.
	Pending    time.Duration
	HasPending bool
}

// ObjectRef names an object.
type ObjectRef struct {
	APIVersion, Kind, Namespace, Name string
}

// String returns the reference for messages: "Deployment shop/web".
func (r ObjectRef) String() string {
	if r.Namespace == "" {
		return r.Kind + " " + r.Name
	}
	return r.Kind + " " + r.Namespace + "/" + r.Name
}

// group is the API group: versions of one group show the same objects.
func (r ObjectRef) group() string {
	group, _, found := strings.Cut(r.APIVersion, "/")
	if !found {
		return ""
	}
	return group
}

// Key returns the reference in the form in which those that mean the same object
// are equal: APIVersion is the group alone. Whether a kind has namespaces is not
// known here, so that no namespace and the default one count as the same.
func (r ObjectRef) Key() ObjectRef {
	r.APIVersion = r.group()
	if r.Namespace == "" {
		r.Namespace = "default"
	}
	return r
}

// NodeChange lists nodes by name: those that fail, recover or are drained.
type NodeChange struct {
	Fail, Recover, Drain []string
}

// Empty tells that no node changes.
func (c NodeChange) Empty() bool {
	return len(c.Fail) == 0 && len(c.Recover) == 0 && len(c.Drain) == 0
}

// Event is what happens at one instant: first Apply, then Delete, then Pods, then Nodes.
type Event struct {
	// Index counts events from 0.
	Index int
	// At is the offset from the start.
	At     time.Duration
	Apply  []Object
	Delete []ObjectRef
	// Pods are deleted and evicted after Delete: those picked by their owner, and evictions.
	Pods  []PodPick
	Nodes NodeChange
	Pos   Position
}
