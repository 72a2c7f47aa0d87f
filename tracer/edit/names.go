package edit

import (
	"encoding/binary"
	"hash/fnv"
	"strings"

	"simk.dev/simk/tracer"
)

// key is the form of a reference in which those that mean the same object are
// equal: the version does not matter, and no namespace is the default one.
func key(r tracer.ObjectRef) tracer.ObjectRef {
	group, _, found := strings.Cut(r.APIVersion, "/")
	if !found {
		group = ""
	}
	r.APIVersion = group
	if r.Namespace == "" {
		r.Namespace = "default"
	}
	return r
}

func nodeRef(name string) tracer.ObjectRef {
	return tracer.ObjectRef{APIVersion: "v1", Kind: "Node", Name: name}
}

// names holds a value for each of the objects that live. The outer key has no
// name: a million pods then cost a million names.
type names[T any] map[tracer.ObjectRef]map[string]T

func (n names[T]) get(r tracer.ObjectRef) (T, bool) {
	r = key(r)
	name := r.Name
	r.Name = ""
	v, found := n[r][name]
	return v, found
}

func (n names[T]) has(r tracer.ObjectRef) bool {
	_, found := n.get(r)
	return found
}

func (n names[T]) set(r tracer.ObjectRef, v T) {
	r = key(r)
	name := r.Name
	r.Name = ""
	if n[r] == nil {
		n[r] = map[string]T{}
	}
	n[r][name] = v
}

func (n names[T]) remove(r tracer.ObjectRef) {
	r = key(r)
	name := r.Name
	r.Name = ""
	delete(n[r], name)
	if len(n[r]) == 0 {
		delete(n, r)
	}
}

// chance is a number from 0 to below 1 that depends on nothing but the seed,
// the object's name and the purpose.
func chance(seed uint64, r tracer.ObjectRef, purpose string, k int) float64 {
	r = key(r)
	h := fnv.New64a()
	_ = binary.Write(h, binary.LittleEndian, [2]uint64{seed, uint64(k)}) // a hash takes everything
	for _, part := range []string{purpose, r.APIVersion, r.Kind, r.Namespace, r.Name} {
		_, _ = h.Write([]byte(part))
		_, _ = h.Write([]byte{0})
	}
	return float64(mix(h.Sum64())>>11) / (1 << 53)
}

// mix spreads the bits of FNV's sum, whose high ones hardly change with the last
// letters of a name. It is the end of MurmurHash3, which is in the public domain.
func mix(x uint64) uint64 {
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
