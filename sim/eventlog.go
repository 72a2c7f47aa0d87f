package sim

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/reference"

	"simk.dev/simk/sim/report"
)

// eventLog writes the Events that components post.
type eventLog struct {
	*lineLog
	// recent is what live views show of it. Nil: there are none.
	recent *recentLines
}

// newEventLog makes the log; watched says that there are live views of the run.
func newEventLog(dir string, start time.Time, watched bool) (*eventLog, error) {
	lines, err := newLineLog(dir, report.EventsFile, start)
	l := &eventLog{lineLog: lines}
	if watched {
		l.recent = &recentLines{}
	}
	return l, err
}

// core logs an Event that a controller posted.
func (l *eventLog) core(e *corev1.Event) {
	component := e.Source.Component
	if component == "" {
		component = e.ReportingController
	}
	l.log(report.EventLine{Type: e.Type, Reason: e.Reason, Kind: e.InvolvedObject.Kind, Namespace: e.InvolvedObject.Namespace,
		Name: e.InvolvedObject.Name, Component: component, Message: e.Message})
}

// note logs what the scheduler, the autoscaler, or simk itself, has to say about
// an object.
func (l *eventLog) note(component string, about runtime.Object, eventType, reason, note string) {
	ref, err := reference.GetReference(scheme.Scheme, about)
	if err != nil {
		return // no object of Kubernetes
	}
	l.log(report.EventLine{Type: eventType, Reason: reason, Kind: ref.Kind, Namespace: ref.Namespace, Name: ref.Name, Component: component, Message: note})
}

// poster passes on what a component has to say: to the log in one name, and to
// whoever reads Events in a live cluster in the name that these have there.
func (c *Cluster) poster(logged, posted string) func(about runtime.Object, eventType, reason, note string) {
	return func(about runtime.Object, eventType, reason, note string) {
		c.events.note(logged, about, eventType, reason, note)
		c.plane.PostEvent(posted, about, eventType, reason, note)
	}
}

func (l *eventLog) log(e report.EventLine) {
	e.At = l.at(time.Now())
	l.recent.add(&e)
	l.add(e)
}
