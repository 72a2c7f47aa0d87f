package tracer

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// endless is a text that begins with start and then repeats more for ever. It
// counts what was read of it.
type endless struct {
	start, more string
	read        int64
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.start)
	e.start = e.start[n:]
	for n+len(e.more) <= len(p) {
		n += copy(p[n:], e.more)
	}
	e.read += int64(n)
	return n, nil
}

// Text without end fails after the limit, at the place where the value begins.
func TestEndlessValues(t *testing.T) {
	letters := strings.Repeat("a", 100)
	for _, test := range []struct{ name, start, more, want string }{
		{"string", `"`, letters, `trace.json:1:1: a single value is longer than 16 MiB`},
		{"key", "{\n\"", letters, `trace.json:2:1: a single value is longer than 16 MiB`},
		{"spaces", start, strings.Repeat(" ", 100), `: a single value is longer than 16 MiB`},
		{"lines", start, strings.Repeat("\n", 100), `a single value is longer than 16 MiB`},
		{"number", start + `"duration":1`, strings.Repeat("0", 100), `trace.json:1:55: a single value is longer than 16 MiB`},
		{"string in an object", start + `"objects":[{"x":"`, letters, `trace.json:1:55: a single value is longer than 16 MiB`},
		{"array in an object", start + `"events":[{"apply":[{"x":[[]`, strings.Repeat(",[]", 30), `trace.json:1:64: event 0: a single value is longer than 16 MiB`},
		{"deep array in an object", start + `"objects":[{"x":` + strings.Repeat("[", 9_998) + `1`, strings.Repeat(",1", 50), `trace.json:1:55: a single value is longer than 16 MiB`},
		{"spaces at the end", "{\"apiVersion\":\"simk.dev/v1\",\"kind\":\"Trace\"}", strings.Repeat(" ", 100), `trace.json:1:`},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := &endless{start: test.start, more: test.more}
			r, err := newReader("trace.json", text, defaultLimits)
			if err == nil {
				_, err = r.Next()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %.200v, want %s", err, test.want)
			}
			if text.read > MaxObject+MaxObject/8 {
				t.Errorf("%d MiB were read", text.read>>20)
			}
		})
	}
}

// Many values, each short, are bounded too.
func TestEndlessLists(t *testing.T) {
	l := limits{object: 4 << 10, event: 64 << 10, head: 256 << 10}
	for _, test := range []struct{ name, start, more, want string }{
		{"objects", start + `"objects":[` + podA, "," + podA, `everything before the events is longer than 262144 bytes`},
		{"lifecycles", start + `"lifecycles":[{"pods":[{}`, ",{}", `everything before the events is longer than 262144 bytes`},
		{"apply", start + `"events":[{"at":"0s","apply":[` + podA, "," + podA, `event 0: the event is longer than 65536 bytes`},
		{"delete", start + `"events":[{"at":"0s","delete":[` + refA, "," + refA, `event 0: the event is longer than 65536 bytes`},
		{"nodes", start + `"events":[{"at":"0s","nodes":{"fail":["a"`, `,"a"`, `event 0: the event is longer than 65536 bytes`},
		{"object", start + `"objects":[{"a":"` + strings.Repeat("a", 5000) + `"}]`, " ", `a single value is longer than 4096 bytes`},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := newReader("trace.json", &endless{start: test.start, more: test.more}, l)
			if err == nil {
				_, err = r.Next()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// A trace far larger than what may be kept of it: memory does not grow with the
// events, and positions stay right.
func TestMemoryStaysBounded(t *testing.T) {
	const events = 100_000 // some 45 MB of text
	in, out := io.Pipe()
	go func() {
		fmt.Fprintf(out, "%s\n\"events\":[\n", start)
		for i := range events {
			fmt.Fprintf(out, "{\"at\":\"%ds\",\"apply\":[%s]},\n", i, benchPod(0))
		}
		fmt.Fprint(out, "{\"at\":\"0s\"}]}")
	}()
	r, err := newReader("trace.json", in, defaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	for i := range events {
		if i == 1000 {
			runtime.GC()
			runtime.ReadMemStats(&before)
		}
		e, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if e.Index != i || e.Pos.Line != i+3 || e.Pos.Column != 1 {
			t.Fatalf("event %d is event %d at %s", i, e.Index, e.Pos)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
		t.Errorf("the heap grew by %d KiB", grown>>10)
	}
	_, err = r.Next()
	if want := fmt.Sprintf("trace.json:%d:7: event %d: events are out of order", events+3, events); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, again := r.Next(); !errors.Is(again, err) {
		t.Errorf("then %v", again)
	}
}
