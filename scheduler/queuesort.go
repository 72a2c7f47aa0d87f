package scheduler

import (
	"context"

	"k8s.io/apimachinery/pkg/runtime"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/queuesort"
)

// queueSortName is the plugin that stands in for PrioritySort.
const queueSortName = "SimkPrioritySort"

// orderedSort is upstream's PrioritySort with one rule more: pods of equal
// priority that were queued at the same instant go by namespace and name. In a
// real cluster such ties are broken by nanoseconds; in virtual time whole
// bursts, and all pods that one event frees, share an instant, and upstream
// would take them in the order of a Go map.
type orderedSort struct{ queuesort.PrioritySort }

func newOrderedSort(context.Context, runtime.Object, fwk.Handle) (fwk.Plugin, error) {
	return &orderedSort{}, nil
}

// Name implements fwk.Plugin.
func (*orderedSort) Name() string { return queueSortName }

// Less implements fwk.QueueSortPlugin.
func (s *orderedSort) Less(a, b fwk.QueuedEntityInfo) bool {
	if s.PrioritySort.Less(a, b) {
		return true
	}
	if s.PrioritySort.Less(b, a) {
		return false
	}
	return entityName(a) < entityName(b)
}

// entityName is what equal entities are ordered by; groups of pods have none.
func entityName(e fwk.QueuedEntityInfo) string {
	if info, ok := e.(*framework.QueuedPodInfo); ok {
		return info.Pod.Namespace + "/" + info.Pod.Name
	}
	return ""
}
