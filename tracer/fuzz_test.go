package tracer

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simk.dev/simk/tracer/internal/source"
)

// FuzzOpen reads arbitrary bytes as a file. They are refused with an *Error
// that has a place in the text, or they are a trace: then writing it and
// reading that again gives the same trace. What is JSON encoding/json knows, too.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte(small))
	for _, test := range badTraces {
		f.Add([]byte(test.text))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		likeJSON(t, string(content))
		head, events, err := readAll(content)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Pos.File != "trace.json" || e.Error() == "" {
				t.Fatalf("got a %T: %v", err, err)
			}
			return
		}
		var written bytes.Buffer
		if err := writeAll(&written, head, Each(events)); err != nil {
			t.Fatalf("write: %v", err)
		}
		head2, events2, err := readAll(written.Bytes())
		if err != nil {
			t.Fatalf("read again: %v", err)
		}
		if diff := cmp.Diff(head, head2, noPositions); diff != "" {
			t.Errorf("head: -first +second:\n%s", diff)
		}
		if diff := cmp.Diff(events, events2, noPositions); diff != "" {
			t.Errorf("events: -first +second:\n%s", diff)
		}
	})
}

func readAll(content []byte) (*Head, []Event, error) {
	// Without compression: a fuzzer that finds the way through it finds other
	// people's faults.
	if strings.HasPrefix(string(content), "\x1f\x8b") || strings.HasPrefix(string(content), "\x28\xb5\x2f\xfd") {
		return nil, nil, &Error{Pos: Position{File: "trace.json"}, Event: -1, Msg: "skipped"}
	}
	file, err := source.New(bytes.NewReader(content), nil)
	if err != nil {
		return nil, nil, &Error{Pos: Position{File: "trace.json"}, Event: -1, Err: err}
	}
	r, err := newReader("trace.json", file, defaultLimits)
	if err != nil {
		return nil, nil, err
	}
	var events []Event
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.Head(), events, nil
		}
		if err != nil {
			return nil, nil, err
		}
		events = append(events, *e)
	}
}
