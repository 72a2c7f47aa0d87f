package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// object is a Kubernetes object, or a part of one. As JSON its keys are sorted.
type object = map[string]any

// traceWriter writes a trace piece by piece: first head, then object for each
// object at the start, then event for each event, in time order. The first
// error stays and makes all that follows do nothing.
type traceWriter struct {
	w        *bufio.Writer
	name     string
	items    int
	inEvents bool // objects are over
	err      error
}

// event is what happens at one instant.
type event struct {
	at     time.Duration
	apply  []object
	delete []object // references
}

// startTime is a midnight, so that schedules of CronJobs are offsets too.
const startTime = "2026-03-02T00:00:00Z"

// writeTrace generates the row's trace into a file.
func writeTrace(path string, r row) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closing := f.Close(); err == nil {
			err = closing
		}
	}()
	w := &traceWriter{w: bufio.NewWriterSize(f, 1<<16), name: r.name}
	if err := r.trace(w); err != nil {
		return err
	}
	return w.end()
}

func (t *traceWriter) head(duration time.Duration) {
	t.text(`{"apiVersion": "simk.dev/v1", "kind": "Trace",` + "\n")
	t.text(fmt.Sprintf(`"metadata": {"name": %q, "startTime": %q}, "duration": %q,`, "bench-"+t.name, startTime, duration))
	t.text("\n" + `"objects": [`)
}

// object adds an object that exists at the start.
func (t *traceWriter) object(o object) { t.item(o) }

func (t *traceWriter) event(e event) {
	t.beginEvents()
	m := object{"at": e.at.String()}
	if len(e.apply) > 0 {
		m["apply"] = e.apply
	}
	if len(e.delete) > 0 {
		m["delete"] = e.delete
	}
	t.item(m)
}

func (t *traceWriter) beginEvents() {
	if !t.inEvents {
		t.text("\n],\n" + `"events": [`)
		t.inEvents, t.items = true, 0
	}
}

func (t *traceWriter) item(v any) {
	if t.items++; t.items > 1 {
		t.text(",")
	}
	text, err := json.Marshal(v)
	if err != nil && t.err == nil {
		t.err = err
	}
	t.text("\n" + string(text))
}

func (t *traceWriter) text(s string) {
	if t.err == nil {
		_, t.err = t.w.WriteString(s)
	}
}

func (t *traceWriter) end() error {
	t.beginEvents()
	t.text("\n]}\n")
	if t.err != nil {
		return t.err
	}
	return t.w.Flush()
}
