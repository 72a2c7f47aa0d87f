package validate

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/kube"
)

// testedPods is how many pods a cluster may have by Kubernetes' own word:
// https://kubernetes.io/docs/setup/best-practices/cluster-large/
const testedPods = 150_000

// crowd finds workloads that want more pods than any cluster holds, each for itself
// and all that exist at the same time together.
type crowd struct {
	// wants are how many pods the existing workloads want, but for those that are too
	// large by themselves and those whose pods end.
	wants     tracer.Names[int64]
	sum, most int64
	first     place // where the sum was too large for the first time
}

// add notes what a workload wants now.
func (c *crowd) add(o tracer.Object, p place, found *collector) {
	c.remove(*p.ref)
	n, lasting := replicasOf(o)
	if n > testedPods {
		found.add("W0117", p.ref.String(), 1, p,
			fmt.Sprintf("%d pods at a time, and Kubernetes is designed for up to %d in a whole cluster", n, testedPods))
		return
	}
	if n <= 0 || !lasting {
		return
	}
	c.wants.Set(*p.ref, n)
	if c.sum += n; c.sum > testedPods && c.most <= testedPods {
		c.first = p
	}
	c.most = max(c.most, c.sum)
}

// remove notes that a workload, or something else, is gone.
func (c *crowd) remove(ref tracer.ObjectRef) {
	if n, found := c.wants.Get(ref); found {
		c.sum -= n
		c.wants.Remove(ref)
	}
}

// end tells how many it were together.
func (c *crowd) end(found *collector) {
	if c.most > testedPods {
		found.add("W0117", "", 1, c.first, fmt.Sprintf("from here on the workloads of the trace want up to %d pods at a time together, "+
			"and Kubernetes is designed for up to %d in a whole cluster", c.most, testedPods))
	}
}

// replicasOf is how many pods a workload wants at a time; lasting says that it wants them
// until it is deleted. DaemonSets depend on the nodes, and a ReplicaSet of a Deployment's
// is counted with that.
func replicasOf(o tracer.Object) (n int64, lasting bool) {
	switch o.GetKind() {
	case "Pod", "PodTemplate", "DaemonSet":
		return 0, false
	case "Job":
		return atOnce(kube.Map(o.Object, "spec")), false
	case "CronJob":
		return atOnce(kube.Map(o.Object, "spec", "jobTemplate", "spec")), false
	}
	n, given := kube.Field(o.Object, "spec", "replicas").(int64)
	if !given {
		n = 1
	}
	return n, metav1.GetControllerOf(o) == nil
}

// atOnce is how many pods a Job runs at a time.
func atOnce(spec map[string]any) int64 {
	n, given := spec["parallelism"].(int64)
	if !given {
		n = 1
	}
	if completions, given := spec["completions"].(int64); given {
		n = min(n, completions)
	}
	return n
}
