package formattest

import (
	"bytes"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
)

// mutants is how many variants of each seed an ordinary test run tries.
const mutants = 100

// Fuzz feeds a reader with arbitrary bytes as one of its files, beside the files
// in with. What it accepts must be a valid trace. The seeds and variants of them
// are tried by every test run: the fuzzer of the go command needs real time, and
// tests run in virtual time.
func Fuzz(f *testing.F, format string, seeds []string, with ...string) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, s := range seeds {
		f.Add([]byte(s))
		for range mutants {
			f.Add(mutate(random, []byte(s)))
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) > 1<<20 {
			t.Skip()
		}
		// The number of pods may be as large as a limit of millions; the
		// trace is cut off where it would only take time.
		s, err := open(t, format, nil, formats.Common{}, append(with, Write(t, "input", string(content))))
		if err != nil {
			return
		}
		defer func() { _ = s.Close() }()
		out := filepath.Join(t.TempDir(), "trace.json")
		if err := tracer.WriteFile(out, s.Head(), first(s, 100)); err != nil {
			t.Fatal(err)
		}
		if _, err := tracer.Check(out, tracer.CheckOptions{}); err != nil {
			t.Fatal(err)
		}
	})
}

// first returns the first n events.
func first(s tracer.Source, n int) func(yield func(*tracer.Event, error) bool) {
	return func(yield func(*tracer.Event, error) bool) {
		for e, err := range tracer.Events(s) {
			if n--; n < 0 || !yield(e, err) {
				return
			}
		}
	}
}

// tokens are what readers of tables stumble over.
var tokens = []string{
	"", "-1", "0", "NaN", "Inf", "1e999", "1e-999", "0x10", "1_000", "9223372036854775807", "9223372036854775808", "18446744073709551616",
	"1000000", "0.5", "\x00", "\"", "\n", "\r", "\r\n", ",", ",,", "|", ";", "\t", " ", "\ufeff", "\xff", "../..", "9999-12-31 23:59:59",
	"0001-01-01T00:00:00Z", "2540400h", "1e3", "5E", "1Ei", "a/b",
}

// mutate returns a variant of a text: one to four words or lines of it are
// replaced, left out or doubled.
func mutate(random *rand.Rand, text []byte) []byte {
	out := bytes.Clone(text)
	for range 1 + random.IntN(4) {
		start, end := part(random, out)
		switch random.IntN(4) {
		case 0, 1:
			out = splice(out, start, end, []byte(tokens[random.IntN(len(tokens))]))
		case 2:
			out = splice(out, start, end, nil)
		default:
			out = splice(out, end, end, bytes.Clone(out[start:end]))
		}
	}
	return out
}

// part picks a word, or at times a line.
func part(random *rand.Rand, text []byte) (start, end int) {
	if len(text) == 0 {
		return 0, 0
	}
	ends := ",\n \t|:"
	if random.IntN(4) == 0 {
		ends = "\n"
	}
	at := random.IntN(len(text))
	start = bytes.LastIndexAny(text[:at], ends) + 1
	end = len(text)
	if n := bytes.IndexAny(text[at:], ends); n >= 0 {
		end = at + n
	}
	return start, end
}

func splice(text []byte, start, end int, with []byte) []byte {
	return bytes.Join([][]byte{text[:start], text[end:]}, with)
}
