package recorder

import (
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/reference"

	"simk.dev/simk/sim/live"
	"simk.dev/simk/sim/report"
	"simk.dev/simk/tracer"
)

// Events writes the Events that components post, to events.jsonl.
type Events struct {
	lines *JSONLines
	// recent is what live views show of it. Nil: there are none.
	recent *recentLines
}

// NewEvents makes the log in a folder; empty: nobody will read it. start is the trace's zero. watched
// says that there are live views of the run.
func NewEvents(dir string, start time.Time, watched bool) (*Events, error) {
	lines, err := NewJSONLines(dir, report.EventsFile, start)
	l := &Events{lines: lines}
	if watched {
		l.recent = &recentLines{}
	}
	return l, err
}

// Core logs an Event that a controller posted.
func (l *Events) Core(e *corev1.Event) {
	component := e.Source.Component
	if component == "" {
		component = e.ReportingController
	}
	l.log(report.EventLine{Type: e.Type, Reason: e.Reason, Kind: e.InvolvedObject.Kind, Namespace: e.InvolvedObject.Namespace,
		Name: e.InvolvedObject.Name, Component: component, Message: e.Message})
}

// Note logs what the scheduler, the autoscaler, or simk itself, has to say about
// an object.
func (l *Events) Note(component string, about runtime.Object, eventType, reason, note string) {
	ref, err := reference.GetReference(scheme.Scheme, about)
	if err != nil {
		return // no object of Kubernetes
	}
	l.log(report.EventLine{
		Type: eventType, Reason: reason, Kind: ref.Kind, Namespace: ref.Namespace, Name: ref.Name,
		Component: component, Message: note,
	})
}

// Since returns the lines from a number on, at most live.Lines, and the number of the next. There
// are none if nobody watches.
func (l *Events) Since(n int) ([]live.Line, int) { return l.recent.since(n) }

// Lines are the file.
func (l *Events) Lines() *JSONLines { return l.lines }

func (l *Events) log(e report.EventLine) {
	e.At = l.lines.At(time.Now())
	l.recent.add(&e)
	l.lines.Add(e)
}

// recentLines are the latest events of a run, for those who look at it live.
type recentLines struct {
	mu    sync.Mutex
	lines []live.Line
	end   int // how many there have been
}

func (r *recentLines) add(e *report.EventLine) {
	if r == nil {
		return // nobody looks
	}
	object := tracer.ObjectRef{Kind: e.Kind, Namespace: e.Namespace, Name: e.Name}.String()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lines) == 2*live.Lines {
		r.lines = slices.Delete(r.lines, 0, live.Lines)
	}
	r.end++
	r.lines = append(r.lines, live.Line{
		At: time.Duration(e.At * float64(time.Second)), Type: e.Type, Reason: e.Reason, Object: object, Message: e.Message,
	})
}

// since returns the lines from a number on, at most live.Lines, and the number of
// the next.
func (r *recentLines) since(n int) ([]live.Line, int) {
	if r == nil {
		return nil, 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	wanted := min(max(r.end-n, 0), len(r.lines), live.Lines)
	return slices.Clone(r.lines[len(r.lines)-wanted:]), r.end
}
