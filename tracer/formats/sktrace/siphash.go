package sktrace

import (
	"encoding/binary"
	"math/bits"
)

// sip13 is SipHash-1-3 with the key zero, which is what Rust's DefaultHasher
// computes: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012),
// with one round for each word and three at the end. Go's libraries have 2-4 only.
type sip13 struct {
	v0, v1, v2, v3 uint64
	word           [8]byte // bytes that do not fill a word yet
	have           int
	length         uint64
}

func newSip13() *sip13 {
	return &sip13{v0: 0x736f6d6570736575, v1: 0x646f72616e646f6d, v2: 0x6c7967656e657261, v3: 0x7465646279746573}
}

func (s *sip13) round() {
	s.v0 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 13) ^ s.v0
	s.v0 = bits.RotateLeft64(s.v0, 32)
	s.v2 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 16) ^ s.v2
	s.v0 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 21) ^ s.v0
	s.v2 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 17) ^ s.v2
	s.v2 = bits.RotateLeft64(s.v2, 32)
}

func (s *sip13) absorb(word uint64) {
	s.v3 ^= word
	s.round()
	s.v0 ^= word
}

func (s *sip13) writeByte(b byte) {
	s.word[s.have] = b
	s.length++
	if s.have++; s.have == 8 {
		s.absorb(binary.LittleEndian.Uint64(s.word[:]))
		s.have = 0
	}
}

// writeString writes a string as Rust hashes one: a byte that UTF-8 never has
// marks its end.
func (s *sip13) writeString(text string) {
	for i := range len(text) {
		s.writeByte(text[i])
	}
	s.writeByte(0xff)
}

func (s *sip13) writeUint64(n uint64) {
	for range 8 {
		s.writeByte(byte(n))
		n >>= 8
	}
}

// sum returns the hash of what was written; nothing may be written after it.
func (s *sip13) sum() uint64 {
	var last [8]byte
	copy(last[:], s.word[:s.have])
	last[7] = byte(s.length)
	s.absorb(binary.LittleEndian.Uint64(last[:]))
	s.v2 ^= 0xff
	s.round()
	s.round()
	s.round()
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3
}
