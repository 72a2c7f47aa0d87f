package edit

import (
	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/kube"
)

// arriving are the kinds of workload that arrive at a cluster. A DaemonSet is
// none: its pods come with the nodes.
var arriving = map[string]string{
	"Deployment": "apps", "ReplicaSet": "apps", "StatefulSet": "apps",
	"Job": "batch", "CronJob": "batch", "ReplicationController": "", "Pod": "",
}

// arrives tells the workloads: those of Kubernetes, and whatever else is known to
// have run pods.
func arrives(o object) bool {
	ref := o.Ref().Key()
	group, found := arriving[ref.Kind]
	return found && group == ref.APIVersion || len(o.lives) > 0 && !is(o.Ref(), "apps", "DaemonSet")
}

// workload tells what a clash of names must not merge.
func workload(o object) bool { return arrives(o) || is(o.Ref(), "apps", "DaemonSet") }

func is(r tracer.ObjectRef, group, kind string) bool {
	return r.Kind == kind && r.Key().APIVersion == group
}

func isNode(o object) bool { return is(o.Ref(), "", "Node") }

// namespaced tells whether an object is in a namespace. Of a kind that is not
// Kubernetes' own that is only known when the object names one.
func namespaced(r tracer.ObjectRef) bool {
	group := r.Key().APIVersion
	return !kube.ClusterScoped(group, r.Kind) && (r.Namespace != "" || kube.Builtin(group))
}
