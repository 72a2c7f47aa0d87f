package validate

import (
	"hash/maphash"
	"math"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// shape is what there is to know about pods of one spec. Traces have a million
// pods of a hundred shapes: only shapes are decoded into Kubernetes' types.
type shape struct {
	pod        *corev1.Pod // nil if it cannot be decoded
	problem    string      // why
	references []reference
	fit        *fitting // how it fits on nodes: filled in by fitter
}

// maxShapes is how many shapes are remembered.
const maxShapes = 4096

// shapes remembers pod specs by their hash. Two of a trace's specs would have
// to meet in 64 bits under a seed that nobody knows to be taken for one.
type shapes struct {
	seed  maphash.Seed
	known map[uint64]*shape
}

func newShapes() *shapes {
	return &shapes{seed: maphash.MakeSeed(), known: map[uint64]*shape{}}
}

func (s *shapes) of(spec map[string]any) *shape {
	key := s.hash(spec)
	if known := s.known[key]; known != nil {
		return known
	}
	if len(s.known) >= maxShapes {
		clear(s.known)
	}
	one := newShape(spec)
	s.known[key] = one
	return one
}

func newShape(spec map[string]any) *shape {
	pod := &corev1.Pod{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(spec, &pod.Spec); err != nil {
		return &shape{problem: err.Error()}
	}
	return &shape{pod: pod, references: podReferences(pod.DeepCopy())}
}

// hash is the same for equal values, whatever the order of a map.
func (s *shapes) hash(v any) uint64 {
	switch v := v.(type) {
	case string:
		return maphash.String(s.seed, v)
	case int64:
		return mix(1, uint64(v))
	case float64:
		return mix(2, math.Float64bits(v))
	case bool:
		if v {
			return mix(3, 1)
		}
		return mix(3, 0)
	case map[string]any:
		var sum uint64 // does not depend on the order
		for key, value := range v {
			sum += mix(maphash.String(s.seed, key), s.hash(value))
		}
		return mix(4, sum)
	case []any:
		all := uint64(len(v))
		for _, value := range v {
			all = mix(all, s.hash(value))
		}
		return mix(5, all)
	}
	return mix(6, 0) // null
}

// mix is the finalizer of MurmurHash3 over both numbers.
func mix(a, b uint64) uint64 {
	x := a*0x9e3779b97f4a7c15 ^ b
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
