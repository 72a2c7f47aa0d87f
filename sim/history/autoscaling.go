package history

import (
	"time"

	"simk.dev/simk/autoscale"
)

// Autoscaling is what the autoscaler and the cloud did.
type Autoscaling struct {
	// Mode is who decided, as the configuration names it.
	Mode     string
	Groups   []Group
	Machines []*Machine // in the order in which they were asked for
	// Decisions are those that changed something, or tried to, and what was noted, in order. Why groups
	// did not grow and nodes stayed is too much to keep; it goes into a file.
	Decisions []Decision
}

// Group is a group of equal machines.
type Group struct {
	Name     string
	Min, Max int
	// Price is that of a machine and hour, in billionths; HasPrice says that it is known.
	Price    int64
	HasPrice bool
}

// Machine is the life of one machine of a group.
type Machine struct {
	Group string
	// Node is the name of its Node object, also where that never came.
	Node string
	// Requested is when it was asked for, Registered when its Node came, Ready when
	// that was first Ready, Gone when the machine was taken away. Failed is when
	// the cloud said that there will be none. Each is Never until it comes.
	Requested, Registered, Ready, Gone, Failed time.Duration
}

// Decision is a change of what there is, or an attempt, with its reason. It is not autoscale.Decision:
// a report is made from offsets and from this package alone, without autoscalers.
type Decision struct {
	At time.Duration
	// Kind is as package autoscale names it.
	Kind        string
	Group, Node string
	// Delta is the change of the group's size, in nodes.
	Delta int
	// Pods are some of those that gave the reason, PodCount is how many there are.
	Pods     []string
	PodCount int
	Reason   string
}

// Kinds of decisions, by the names that package autoscale gives them.
const (
	ScaleUp         = string(autoscale.ScaleUp)
	ScaleDown       = string(autoscale.ScaleDown)
	ScaleDownFailed = string(autoscale.ScaleDownFailed)
	Failed          = string(autoscale.Failed)
	Interrupted     = string(autoscale.Interrupted)
	Resized         = string(autoscale.Resized)
	Noted           = string(autoscale.Noted)
)
