package edit

import (
	"fmt"
	"math"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/kube"
)

// ScaleArrivals multiplies the workloads, those of the start included: each has
// clones with the suffix "-1", "-2" and so on. A fraction of a factor is a matter
// of chance, by a hash of the name. Clones share the labels of the original.
type ScaleArrivals struct {
	Where  string  `json:"where,omitempty"`
	Factor float64 `json:"factor"`
	// Jitter delays each clone by a time below it, by a hash of its name, and its
	// changes and its delete as well. What would come after the end stays away.
	Jitter *Duration `json:"jitter,omitempty"`
	// Suffix stands before the number of a clone; empty: "-".
	Suffix string `json:"suffix,omitempty"`
}

// ScaleReplicas multiplies how many pods Deployments, ReplicaSets,
// ReplicationControllers and StatefulSets have, and parallelism and completions of
// Jobs and CronJobs. One that had any has at least one.
type ScaleReplicas struct {
	Where  string  `json:"where,omitempty"`
	Factor float64 `json:"factor"`
}

func (s *ScaleArrivals) build(c *compiler) (stage, error) {
	if err := checkFactor(s.Factor, maxCount); err != nil {
		return nil, err
	}
	suffix, err := suffixOf(s.Suffix)
	if err != nil {
		return nil, err
	}
	w, err := NewWhere(s.Where)
	if err != nil {
		return nil, err
	}
	var jitter time.Duration
	if s.Jitter != nil {
		jitter = s.Jitter.Duration
	}
	if jitter < 0 {
		return nil, fmt.Errorf("the jitter %s is negative", jitter)
	}
	count := func(m *moment, o object) (int, error) {
		if !arrives(o) {
			return 1, nil
		}
		matches, err := w.matches(m, o)
		if err != nil || !matches {
			return 1, err
		}
		return times(s.Factor, chance(c.seed, ownerRef(o), "arrivals", 0)), nil
	}
	return func(_ *run, in flow) (flow, error) {
		clones := newCopies(in, suffix, count)
		if jitter == 0 {
			return clones, nil
		}
		clones.delay = func(r tracer.ObjectRef, k int) time.Duration {
			return time.Duration(float64(jitter) * chance(c.seed, r, "jitter", k))
		}
		l := &later{in: peeked{pull: newPull(clones)}}
		l.done = func(m *moment) {
			for _, r := range m.delete {
				clones.clones.Remove(r)
			}
		}
		clones.late = l.add
		return l, nil
	}, nil
}

// suffixOf checks the suffix of clones.
func suffixOf(s string) (string, error) {
	if s == "" {
		return "-", nil
	}
	if len(s) > 20 {
		return "", fmt.Errorf("the suffix %q is longer than 20 letters", s)
	}
	for _, r := range s {
		if r != '-' && r != '.' && (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return "", fmt.Errorf("the suffix %q: the names of Kubernetes take only a-z, 0-9, dots and hyphens", s)
		}
	}
	return s, nil
}

// ownerRef names what decides about an object: its controller if it has one.
func ownerRef(o object) tracer.ObjectRef {
	owner := metav1.GetControllerOf(&unstructured.Unstructured{Object: o.Object.Object})
	if owner == nil {
		return o.Ref()
	}
	return tracer.ObjectRef{APIVersion: owner.APIVersion, Kind: owner.Kind, Namespace: o.GetNamespace(), Name: owner.Name}
}

func (s *ScaleReplicas) build(c *compiler) (stage, error) {
	if err := checkFactor(s.Factor, maxCount); err != nil {
		return nil, err
	}
	return c.modify(s.Where, hasReplicas, func(o object) (object, error) {
		scaleReplicas(o, s.Factor)
		return o, nil
	})
}

func hasReplicas(o object) bool {
	ref := o.Ref().Key()
	group, found := arriving[ref.Kind]
	return found && group == ref.APIVersion && ref.Kind != "Pod" && kube.Map(o.Object.Object, "spec") != nil
}

func scaleReplicas(o object, factor float64) {
	spec := kube.Map(o.Object.Object, "spec")
	switch o.GetKind() {
	case "CronJob":
		spec = kube.Map(spec, "jobTemplate", "spec")
		fallthrough
	case "Job":
		if spec == nil {
			return
		}
		// With neither a Job is one pod; without completions it is a queue that
		// any of its pods may end.
		_, counted := spec["completions"]
		_, parallel := spec["parallelism"]
		if counted || !parallel {
			spec["completions"] = replicas(spec["completions"], factor)
		}
		spec["parallelism"] = replicas(spec["parallelism"], factor)
	default:
		spec["replicas"] = replicas(spec["replicas"], factor)
	}
}

func replicas(v any, factor float64) int64 {
	n := whole(v, 1)
	if n <= 0 {
		return n
	}
	return int64(max(1, min(math.Round(float64(n)*factor), math.MaxInt32)))
}
