package scheduler

import "testing"

// What is the same for each pod in a situation, whatever the number of nodes and what
// preemption has to say.
func TestReason(t *testing.T) {
	for message, want := range map[string]string{
		"0/3 nodes are available: 2 node(s) had untolerated taint(s), 1 Insufficient cpu. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.": "Insufficient cpu, node(s) had untolerated taint(s)",
		"0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found":                                                                              "pod has unbound immediate PersistentVolumeClaims",
		"0/3 nodes are available: persistentvolumeclaim \"data\" not found. not found":                                                                                      "persistentvolumeclaim \"data\" not found",
		"0/0 nodes are available.": "0/0 nodes are available",
	} {
		if got := Reason(message); got != want {
			t.Errorf("%q gives %q, want %q", message, got, want)
		}
	}
}
