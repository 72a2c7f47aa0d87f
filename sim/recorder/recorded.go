package recorder

import (
	"cmp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/tracer"
)

// recordedPods turns lifecycles into what the history keeps of them: no pods for
// an owner of whose pods neither nodes nor pending times were recorded. Of two
// owners that differ by their API group alone the last one counts, as it does
// for how pods run.
func recordedPods(all []tracer.OwnerLifecycles) []history.Recorded {
	var list []history.Recorded
	index := map[string]int{} // into list, by namespace and owner
	for _, l := range all {
		one := history.Recorded{
			Namespace: cmp.Or(l.Owner.Namespace, metav1.NamespaceDefault),
			Owner:     l.Owner.Kind + "/" + l.Owner.Name,
			Pods:      make([]history.RecordedPod, len(l.Pods)),
		}
		found := false
		for i, p := range l.Pods {
			one.Pods[i] = history.RecordedPod{Node: p.Node, Pending: history.Never}
			if p.HasPending {
				one.Pods[i].Pending = p.Pending
			}
			found = found || p.Node != "" || p.HasPending
		}
		if !found {
			one.Pods = nil
		}
		key := one.Namespace + "/" + one.Owner
		if at, known := index[key]; known {
			list[at] = one
			continue
		}
		index[key] = len(list)
		list = append(list, one)
	}
	return list
}
