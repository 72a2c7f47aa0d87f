package sktrace

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"simk.dev/simk/tracer/formats"
)

func fuzzSeeds(t testing.TB) []string {
	return []string{
		sampleText(t),
		lives + pod + "\x81\x01\x91\xa5Empty",
		begin + "\x91\x83\xaaapiVersion\xa2v1\xa4kind\xa3Pod\xa8metadata\x81\xa4name\xa1a",
		"\x83\xa5index\xdf\xff\xff\xff\xff",
		"\x94\x81\xaetrackedObjects\x80\x90\x80\x80",
	}
}

// anything reads arbitrary bytes: they are refused with an error that tells the
// file, or what comes out can be exported and read again.
func anything(t *testing.T, content string) bool {
	small := limits{object: 1 << 20, event: 2 << 20, head: 3 << 20}
	if readText(t, content, small) != nil {
		return false
	}
	s, err := importLimited(memory(content), formats.Common{}, small)
	if err != nil {
		t.Fatalf("%q: refused when read again: %v", content, err)
	}
	defer closing(t, s)
	var out bytes.Buffer
	if err := export(&out, s, nil, 2); err != nil {
		t.Fatalf("%q: export: %v", content, err)
	}
	if err := readText(t, out.String(), defaultLimits); err != nil {
		t.Fatalf("%q: what was exported is refused: %v", content, err)
	}
	return true
}

func FuzzImport(f *testing.F) {
	for _, seed := range fuzzSeeds(f) {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) { anything(t, string(content)) })
}

// TestMutations is the same without Go's fuzzer, which cannot run on virtual time.
func TestMutations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	seeds := fuzzSeeds(t)
	accepted := 0
	for range 3000 {
		// Most of them from the sample: it is the longest.
		b := []byte(seeds[max(r.IntN(2*len(seeds))-len(seeds), 0)])
		for range 1 + r.IntN(3) {
			at := r.IntN(len(b))
			switch r.IntN(4) {
			case 0:
				b[at] = byte(r.Uint32())
			case 1:
				b[at]++
			case 2: // leave something out
				b = append(b[:at:at], b[min(at+1+r.IntN(8), len(b)-1):]...)
			case 3: // repeat something
				b = append(b[:at:at], b[max(at-r.IntN(40), 0):]...)
			}
		}
		if anything(t, string(b)) {
			accepted++
		}
	}
	if accepted == 0 {
		t.Error("no mutation was accepted, so that nothing was exported")
	}
	t.Logf("%d were accepted", accepted)
}
