// Package podspec finds the pod specs in a trace's objects and looks at equal
// ones once: traces have a million pods of a hundred shapes.
//
//	shapes := podspec.NewShapes(func(spec map[string]any) *corev1.Pod { ... })
//	if spec := podspec.Of(object); spec != nil {
//		pod := shapes.Get(spec)
//	}
package podspec

import (
	"hash/maphash"
	"math"
)

// MaxShapes is how many shapes are remembered.
const MaxShapes = 4096

// Shapes remembers what was made of pod specs, by their hash. Two of a trace's
// specs would have to meet in 64 bits, under a seed that nobody knows, to be
// taken for one.
type Shapes[T any] struct {
	make  func(spec map[string]any) T
	seed  maphash.Seed
	known map[uint64]T
}

// NewShapes returns shapes that are made by a function.
func NewShapes[T any](make func(spec map[string]any) T) *Shapes[T] {
	return &Shapes[T]{make: make, seed: maphash.MakeSeed(), known: map[uint64]T{}}
}

// Get returns what is made of a spec, and makes it if it is not remembered.
func (s *Shapes[T]) Get(spec map[string]any) T {
	key := s.hash(spec)
	if known, found := s.known[key]; found {
		return known
	}
	if len(s.known) >= MaxShapes {
		clear(s.known)
	}
	one := s.make(spec)
	s.known[key] = one
	return one
}

// hash is the same for equal values, whatever the order of a map.
func (s *Shapes[T]) hash(v any) uint64 {
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
