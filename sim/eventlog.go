package sim

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"simk.dev/simk/sim/report"
	"simk.dev/simk/tracer"
)

// eventLog writes the Events that components post, one JSON object a line, in
// the order in which they were posted.
type eventLog struct {
	start time.Time

	mu   sync.Mutex
	file *os.File
	out  *bufio.Writer
	enc  *json.Encoder
	err  error
}

// loggedEvent is a line of events.jsonl.
type loggedEvent struct {
	At        float64 `json:"at"` // seconds from the trace's start
	Type      string  `json:"type"`
	Reason    string  `json:"reason"`
	Kind      string  `json:"kind"`
	Namespace string  `json:"namespace,omitempty"`
	Name      string  `json:"name"`
	Component string  `json:"component,omitempty"`
	Message   string  `json:"message"`
}

func newEventLog(dir string, start time.Time) (*eventLog, error) {
	f, err := os.Create(filepath.Join(dir, report.EventsFile))
	if err != nil {
		return nil, err
	}
	l := &eventLog{start: start, file: f, out: bufio.NewWriterSize(f, 1<<16)}
	l.enc = json.NewEncoder(l.out)
	return l, nil
}

// core logs an Event that a controller posted.
func (l *eventLog) core(e *corev1.Event) {
	component := e.Source.Component
	if component == "" {
		component = e.ReportingController
	}
	l.log(loggedEvent{Type: e.Type, Reason: e.Reason, Kind: e.InvolvedObject.Kind, Namespace: e.InvolvedObject.Namespace,
		Name: e.InvolvedObject.Name, Component: component, Message: e.Message})
}

// note logs what the scheduler, or simk itself, has to say about a pod.
func (l *eventLog) note(p *corev1.Pod, eventType, reason, note string) {
	l.log(loggedEvent{Type: eventType, Reason: reason, Kind: "Pod", Namespace: p.Namespace, Name: p.Name, Component: "scheduler", Message: note})
}

func (l *eventLog) log(e loggedEvent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.At = max(time.Since(l.start).Truncate(resolution), 0).Seconds()
	if err := l.enc.Encode(e); err != nil && l.err == nil {
		l.err = err
	}
}

// moveTo puts the finished log into dir, whole or not at all.
func (l *eventLog) moveTo(dir string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.out.Flush(); err != nil && l.err == nil {
		l.err = err
	}
	if l.err != nil {
		return l.err
	}
	if _, err := l.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return tracer.WriteWhole(filepath.Join(dir, report.EventsFile), 0o666, func(w io.Writer) error {
		_, err := io.Copy(w, l.file)
		return err
	})
}
