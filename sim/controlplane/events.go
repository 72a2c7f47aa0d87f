package controlplane

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// eventless is a client for components that post Events: they go to the
// control plane's Event function, not into the apiserver, where they would be a
// third of all writes and nobody would read them. An interactive one stores them
// too.
func (c *ControlPlane) eventless() kubernetes.Interface {
	return &eventlessClient{c.Client, c.event, c.options.Interactive}
}

// event passes an Event on, if anybody wants it.
func (c *ControlPlane) event(e *corev1.Event) {
	if c.options.Event != nil {
		c.options.Event(e)
	}
}

type eventlessClient struct {
	kubernetes.Interface
	event func(*corev1.Event)
	store bool
}

func (c *eventlessClient) CoreV1() typedcorev1.CoreV1Interface {
	return &eventlessCore{c.Interface.CoreV1(), c.event, c.store}
}

type eventlessCore struct {
	typedcorev1.CoreV1Interface
	event func(*corev1.Event)
	store bool
}

func (c *eventlessCore) Events(namespace string) typedcorev1.EventInterface {
	return &eventSink{storedEvents{c.CoreV1Interface.Events(namespace)}, c.event, c.store}
}

type eventSink struct {
	typedcorev1.EventInterface
	event func(*corev1.Event)
	store bool
}

func (s *eventSink) CreateWithEventNamespaceWithContext(ctx context.Context, e *corev1.Event) (*corev1.Event, error) {
	s.event(e)
	if s.store {
		return s.EventInterface.CreateWithEventNamespaceWithContext(ctx, e)
	}
	return e, nil
}

func (s *eventSink) CreateWithEventNamespace(e *corev1.Event) (*corev1.Event, error) {
	return s.CreateWithEventNamespaceWithContext(context.Background(), e)
}

func (s *eventSink) UpdateWithEventNamespaceWithContext(ctx context.Context, e *corev1.Event) (*corev1.Event, error) {
	s.event(e)
	if s.store {
		return s.EventInterface.UpdateWithEventNamespaceWithContext(ctx, e)
	}
	return e, nil
}

func (s *eventSink) UpdateWithEventNamespace(e *corev1.Event) (*corev1.Event, error) {
	return s.UpdateWithEventNamespaceWithContext(context.Background(), e)
}

func (s *eventSink) PatchWithEventNamespaceWithContext(ctx context.Context, e *corev1.Event, patch []byte) (*corev1.Event, error) {
	s.event(e)
	if s.store {
		return s.EventInterface.PatchWithEventNamespaceWithContext(ctx, e, patch)
	}
	return e, nil
}

func (s *eventSink) PatchWithEventNamespace(e *corev1.Event, patch []byte) (*corev1.Event, error) {
	return s.PatchWithEventNamespaceWithContext(context.Background(), e, patch)
}

// storedEvents stores Events under names of their own. Components name them after the object and
// the nanosecond, which time may stand still in.
type storedEvents struct{ typedcorev1.EventInterface }

func (s storedEvents) CreateWithEventNamespaceWithContext(ctx context.Context, e *corev1.Event) (*corev1.Event, error) {
	stored, err := s.EventInterface.CreateWithEventNamespaceWithContext(ctx, e)
	for n := 2; apierrors.IsAlreadyExists(err); n++ {
		other := e.DeepCopy()
		other.Name = fmt.Sprintf("%s.%d", e.Name, n)
		stored, err = s.EventInterface.CreateWithEventNamespaceWithContext(ctx, other)
	}
	return stored, err
}

// CreateWithEventNamespace is what upstream's recorders call that have no context.
func (s storedEvents) CreateWithEventNamespace(e *corev1.Event) (*corev1.Event, error) {
	return s.CreateWithEventNamespaceWithContext(context.Background(), e)
}
