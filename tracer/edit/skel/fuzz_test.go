package skel

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"simk.dev/simk/tracer"
)

var seeds = []string{
	"remove(*, spec.template.spec);",
	"# comment\nremove(spec.template.spec.nodeSelector.\"simkube.dev/foo\" == \"bar\", metadata.labels);",
	"delete(@t >= 12345 && @t <= 10m && !exists(spec.c[*].x) && n >= 3);",
	"remove($x := spec.volumes[*] | exists($x.secret) && $y := spec.c[*].m[*] | $y.name == $x.name, $y);",
	"modify(@t < 1h && $p := spec.c[0] | $p.key != true, $p.value = n);",
	"modify(spec.copy = spec); modify(n.x = 1);",
}

// anything parses a text and, if it is a script, does it to an object: what is
// wrong is told with its line and column.
func anything(t *testing.T, text string) bool {
	s, err := Parse("t.skel", text)
	if err == nil {
		o := obj(t, "a", `{"n":3,"spec":{"volumes":[{"name":"v","secret":{}}],"c":[{"m":[{"name":"v"}],"key":false},{"x":null}]}}`)
		_, _, err = s.run(s.commands, o, time.Minute, time.Unix(1000, 0))
		if err == nil {
			return true
		}
	}
	var e *tracer.Error
	if !errors.As(err, &e) || e.Pos.File != "t.skel" || e.Pos.Line < 1 || e.Msg == "" {
		t.Errorf("%q: got a %T: %v", text, err, err)
	}
	return false
}

func FuzzParse(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) < maxText { // a longer one has no line
			anything(t, text)
		}
	})
}

// TestMutations is the same without Go's fuzzer, which cannot run on virtual time.
func TestMutations(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	pieces := strings.Split("( ) ; , . [ ] * $x $y := | && == = != < @t 10m exists !exists remove modify delete \" \"a\" 7 true spec c n -1 \n # \xff ä", " ")
	accepted := 0
	for n := range 20_000 {
		if n%64 == 0 {
			runtime.Gosched() // lets the garbage collector run, which has no time of its own here
		}
		text := seeds[r.IntN(len(seeds))]
		for range 1 + r.IntN(3) {
			at, end := r.IntN(len(text)), 0
			end = min(at+r.IntN(6), len(text))
			text = text[:at] + pieces[r.IntN(len(pieces))] + text[end:]
		}
		if anything(t, text) {
			accepted++
		}
	}
	if accepted == 0 {
		t.Error("no mutation was accepted")
	}
	t.Logf("%d were accepted", accepted)
}

// A script is as long as its author likes, and may not take the stack or time
// out of bounds.
func TestLongScripts(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("remove(s);", maxText/10),
		"remove(" + strings.Repeat("(", maxText/2),
		"delete(" + strings.Repeat("a == 1 && ", maxText/12) + "a == 1);",
		"remove(" + strings.Repeat("a.", maxText/3) + "a);",
		"remove(\"" + strings.Repeat("x", maxText/2) + "\");",
		strings.Repeat("!", maxText),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		anything(t, text)
		runtime.ReadMemStats(&after)
		if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 256 {
			t.Errorf("%.20q took %d MiB of memory", text, used)
		}
	}
}
