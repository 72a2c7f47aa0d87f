package replay

import (
	"math/rand"
	"slices"

	"simk.dev/simk/tracer"
)

// rank orders kinds so that an object comes after those it needs: first what
// describes the cluster, then what workloads refer to, then the workloads.
func rank(kind string) int {
	order := []string{
		"Namespace", "CustomResourceDefinition", "PriorityClass", "RuntimeClass", "StorageClass", "CSIDriver",
		"DeviceClass", "Node", "CSINode", "ResourceSlice", "PersistentVolume", "ServiceAccount", "ConfigMap", "Secret",
		"LimitRange", "ResourceQuota", "PersistentVolumeClaim", "ResourceClaim", "ResourceClaimTemplate",
		"PodDisruptionBudget", "Service",
	}
	if i := slices.Index(order, kind); i >= 0 {
		return i
	}
	switch kind {
	case "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job", "CronJob":
		return len(order) + 1
	case "Pod":
		return len(order) + 2
	}
	return len(order) // other kinds, custom resources among them
}

// isWorkload says whether the kind makes pods; everything else exists before
// the clock of the trace starts.
func isWorkload(kind string) bool { return rank(kind) >= rank("Deployment") }

// byDependency sorts objects by rank, keeping the file's order within one.
func byDependency(objects []tracer.Object) []tracer.Object {
	sorted := slices.Clone(objects)
	slices.SortStableFunc(sorted, func(a, b tracer.Object) int { return rank(a.GetKind()) - rank(b.GetKind()) })
	return sorted
}

// nodeOrder puts nodes into the order in which they join the cluster, which the
// seed decides: no trace says it, and the scheduler breaks ties between nodes by
// it. Objects of other kinds keep their places.
func nodeOrder(objects []tracer.Object, seed int64) []tracer.Object {
	objects = slices.Clone(objects)
	var places []int
	for i, o := range objects {
		if o.GetKind() == "Node" && o.GetAPIVersion() == "v1" {
			places = append(places, i)
		}
	}
	rand.New(rand.NewSource(seed)).Shuffle(len(places), func(i, j int) {
		i, j = places[i], places[j]
		objects[i], objects[j] = objects[j], objects[i]
	})
	return objects
}
