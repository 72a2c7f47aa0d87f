package controlplane

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"
)

// PostEvent stores an Event about an object in a component's name, if the
// control plane is an interactive one; in a replay nobody would read it.
func (c *ControlPlane) PostEvent(component string, about runtime.Object, eventType, reason, note string) {
	if c.events == nil {
		return
	}
	c.recordersMu.Lock()
	recorder := c.recorders[component]
	if recorder == nil {
		recorder = c.events.NewRecorder(scheme.Scheme, corev1.EventSource{Component: component})
		c.recorders[component] = recorder
	}
	c.recordersMu.Unlock()
	recorder.Event(about, eventType, reason, note)
}

// recordEvents makes PostEvent work until ctx ends.
func (c *ControlPlane) recordEvents(ctx context.Context) {
	c.recorders = map[string]record.EventRecorder{}
	c.events = record.NewBroadcaster(record.WithContext(ctx))
	c.events.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: storedEvents{c.Client.CoreV1().Events("")}})
}
