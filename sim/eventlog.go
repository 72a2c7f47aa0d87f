package sim

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/reference"

	"simk.dev/simk/sim/report"
)

// Who posts Events that are no controller's.
const (
	schedulerComponent  = "scheduler"
	autoscalerComponent = "cluster-autoscaler"
)

// eventLog writes the Events that components post.
type eventLog struct{ *lineLog }

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
	l, err := newLineLog(dir, report.EventsFile, start)
	return &eventLog{l}, err
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

// note logs what the scheduler, the autoscaler, or simk itself, has to say about
// an object.
func (l *eventLog) note(component string, about runtime.Object, eventType, reason, note string) {
	ref, err := reference.GetReference(scheme.Scheme, about)
	if err != nil {
		return // no object of Kubernetes
	}
	l.log(loggedEvent{Type: eventType, Reason: reason, Kind: ref.Kind, Namespace: ref.Namespace, Name: ref.Name, Component: component, Message: note})
}

func (l *eventLog) log(e loggedEvent) {
	e.At = l.at(time.Now())
	l.add(e)
}
