package controlplane

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

// Two Events of one instant about one object are both stored.
func TestEventsOfOneInstant(t *testing.T) {
	events := fake.NewClientset().CoreV1().Events("")
	sink := &eventSink{storedEvents{events}, func(*corev1.Event) {}, true}
	for _, reason := range []string{"Scheduled", "Pulled", "Started"} {
		e := &corev1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web.18"}, Reason: reason}
		if _, err := sink.CreateWithEventNamespaceWithContext(t.Context(), e); err != nil {
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
}
