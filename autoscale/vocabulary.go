package autoscale

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
)

// Nodes makes and removes a cluster's nodes; the pool of virtual nodes is one.
type Nodes interface {
	// Add registers a node, Ready or, with booting, not yet.
	Add(ctx context.Context, node *corev1.Node, booting bool) error
	// Booted makes a node that was registered booting Ready.
	Booted(ctx context.Context, name string) error
	// Publish makes known what devices a node has: slices become the Node's, and go with
	// it. A node that is gone is no error.
	Publish(ctx context.Context, name string, slices []*resourcev1.ResourceSlice) error
	// RemoveTaints takes taints off a node, by key and effect. Neither a node that is
	// gone nor a taint that is not there is an error.
	RemoveTaints(ctx context.Context, name string, taints []corev1.Taint) error
	// Remove takes a node and what runs on it away. One that is gone is no error.
	Remove(ctx context.Context, name string) error
}

// Decision is what an autoscaler decided, or why it did not, at one instant. The history has a type
// of its own, which autoscalers must not know, with an offset instead of the instant.
type Decision struct {
	At time.Time
	// Kind says what it is about.
	Kind DecisionKind
	// Group and Node are what it concerns; empty: no particular one.
	Group, Node string
	// Delta is the change of the group's size, in nodes.
	Delta int
	// Pods are those that gave the reason, as NAMESPACE/NAME: at most MaxPods of
	// them; PodCount is how many there are.
	Pods     []string
	PodCount int
	// Reason is text for people: which rule, which figures.
	Reason string
}

// MaxPods bounds the pods that a decision names.
const MaxPods = 20

// DecisionKind says what a decision is about.
type DecisionKind string

// Kinds of decisions.
const (
	// ScaleUp: a group grows.
	ScaleUp DecisionKind = "scaleUp"
	// NoScaleUp: pods wait and no group grows for them, or not this one.
	NoScaleUp DecisionKind = "noScaleUp"
	// ScaleDown: a node goes.
	ScaleDown DecisionKind = "scaleDown"
	// NoScaleDown: a node stays.
	NoScaleDown DecisionKind = "noScaleDown"
	// ScaleDownFailed: a node that was to go stays after all.
	ScaleDownFailed DecisionKind = "scaleDownFailed"
	// Failed: machines did not come.
	Failed DecisionKind = "failed"
	// Interrupted: the cloud took a machine back.
	Interrupted DecisionKind = "interrupted"
	// Resized: a schedule set a group's size.
	Resized DecisionKind = "resized"
	// Noted: nothing was decided; the configuration keeps nodes from being used.
	Noted DecisionKind = "noted"
)

// Recorder receives decisions in the order in which they are made. Decisions
// that repeat at each scan are passed once, and again when their reason changes.
type Recorder interface {
	Decision(Decision)
}

// PodKey is a pod as decisions name it.
func PodKey(p *corev1.Pod) string { return p.Namespace + "/" + p.Name }
