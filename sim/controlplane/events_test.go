package controlplane

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// Events of one instant about one object are all stored, in each way in which components
// post them.
func TestEventsOfOneInstant(t *testing.T) {
	for name, create := range map[string]func(typedcorev1.EventInterface, *corev1.Event) (*corev1.Event, error){
		"components": func(events typedcorev1.EventInterface, e *corev1.Event) (*corev1.Event, error) {
			sink := &eventSink{storedEvents{events}, func(*corev1.Event) {}, true}
			return sink.CreateWithEventNamespaceWithContext(context.Background(), e)
		},
		"upstream's sink": func(events typedcorev1.EventInterface, e *corev1.Event) (*corev1.Event, error) {
			return (&typedcorev1.EventSinkImpl{Interface: storedEvents{events}}).Create(e)
		},
	} {
		t.Run(name, func(t *testing.T) {
			events := fake.NewClientset().CoreV1().Events("")
			for _, reason := range []string{"Scheduled", "Pulled", "Started"} {
				e := &corev1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web.18"}, Reason: reason}
				if _, err := create(events, e); err != nil {
					t.Fatal(err)
				}
			}
			list, err := events.List(t.Context(), metav1.ListOptions{})
			if err != nil {
				t.Fatal(err)
			}
			stored := map[string]string{}
			for _, e := range list.Items {
				stored[e.Name] = e.Reason
			}
			for name, reason := range map[string]string{"web.18": "Scheduled", "web.18.2": "Pulled", "web.18.3": "Started"} {
				if stored[name] != reason {
					t.Errorf("%s is %q, want %q", name, stored[name], reason)
				}
			}
		})
	}
}
