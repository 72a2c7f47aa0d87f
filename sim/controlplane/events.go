package controlplane

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// eventless is a client for components that post Events: they go to the
// control plane's Event function, not into the apiserver, where they would be a
// third of all writes and nobody would read them.
func (c *ControlPlane) eventless() kubernetes.Interface { return &eventlessClient{c.Client, c.event} }

// event passes an Event on, if anybody wants it.
func (c *ControlPlane) event(e *corev1.Event) {
	if c.Event != nil {
		c.Event(e)
	}
}

type eventlessClient struct {
	kubernetes.Interface
	event func(*corev1.Event)
}

func (c *eventlessClient) CoreV1() typedcorev1.CoreV1Interface {
	return &eventlessCore{c.Interface.CoreV1(), c.event}
}

type eventlessCore struct {
	typedcorev1.CoreV1Interface
	event func(*corev1.Event)
}

func (c *eventlessCore) Events(namespace string) typedcorev1.EventInterface {
	return &eventSink{c.CoreV1Interface.Events(namespace), c.event}
}

type eventSink struct {
	typedcorev1.EventInterface
	event func(*corev1.Event)
}

func (s *eventSink) CreateWithEventNamespaceWithContext(_ context.Context, e *corev1.Event) (*corev1.Event, error) {
	s.event(e)
	return e, nil
}

func (s *eventSink) CreateWithEventNamespace(e *corev1.Event) (*corev1.Event, error) {
	s.event(e)
	return e, nil
}

func (s *eventSink) UpdateWithEventNamespaceWithContext(_ context.Context, e *corev1.Event) (*corev1.Event, error) {
	s.event(e)
	return e, nil
}

func (s *eventSink) UpdateWithEventNamespace(e *corev1.Event) (*corev1.Event, error) {
	s.event(e)
	return e, nil
}

func (s *eventSink) PatchWithEventNamespaceWithContext(_ context.Context, e *corev1.Event, _ []byte) (*corev1.Event, error) {
	s.event(e)
	return e, nil
}

func (s *eventSink) PatchWithEventNamespace(e *corev1.Event, _ []byte) (*corev1.Event, error) {
	s.event(e)
	return e, nil
}
