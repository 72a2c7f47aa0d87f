package edit

import (
	"encoding/binary"
	"hash/fnv"
	"slices"

	"simk.dev/simk/tracer"
)

func nodeRef(name string) tracer.ObjectRef {
	return tracer.ObjectRef{APIVersion: "v1", Kind: "Node", Name: name}
}

// picks renames picked pods and their owners.
func picks(all []tracer.PodPick, name func(tracer.ObjectRef) tracer.ObjectRef) []tracer.PodPick {
	out := slices.Clone(all)
	for i := range out {
		out[i].Ref = name(out[i].Ref)
	}
	return out
}

// chance is a number from 0 to below 1 that depends on nothing but the seed,
// the object's name and the purpose.
func chance(seed uint64, r tracer.ObjectRef, purpose string, k int) float64 {
	r = r.Key()
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
