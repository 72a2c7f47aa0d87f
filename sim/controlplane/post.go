package controlplane

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"
)

// PostEvent stores an Event about an object in the scheduler's name, if the
// control plane is an interactive one; in a replay nobody would read it.
func (c *ControlPlane) PostEvent(about runtime.Object, eventType, reason, note string) {
	if c.recorder != nil {
		c.recorder.Event(about, eventType, reason, note)
	}
}

// recordEvents makes PostEvent work until ctx ends.
func (c *ControlPlane) recordEvents(ctx context.Context) {
	broadcaster := record.NewBroadcaster(record.WithContext(ctx))
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: c.Client.CoreV1().Events("")})
	c.recorder = broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "default-scheduler"})
}
