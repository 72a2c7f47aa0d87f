package sim

import (
	"math/rand"
	"slices"

	"simk.dev/simk/tracer"
)

// joinOrder puts nodes into the order in which they join the cluster, which the
// seed decides: no trace says it, and the scheduler breaks ties between nodes by
// it. Objects of other kinds keep their places.
func joinOrder(objects []tracer.Object, seed int64) []tracer.Object {
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
