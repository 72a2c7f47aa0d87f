package recorder

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/tracer"
)

func TestRecordedPods(t *testing.T) {
	got := recordedPods([]tracer.OwnerLifecycles{
		{
			Owner: tracer.ObjectRef{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"},
			Pods:  []tracer.Lifecycle{{Node: "n"}, {HasPending: true}, {Pending: time.Second, HasPending: true}, {RunFor: time.Hour, HasRunFor: true}},
		},
		{Owner: tracer.ObjectRef{APIVersion: "batch/v1", Kind: "Job", Namespace: "a", Name: "x"}, Pods: []tracer.Lifecycle{{Node: "m"}}},
		{Owner: tracer.ObjectRef{APIVersion: "v1", Kind: "Pod", Namespace: "a", Name: "p"}, Pods: []tracer.Lifecycle{{ExitCode: 1}}},
		// how pods run follows the second Job x, and so does the comparison
		{Owner: tracer.ObjectRef{APIVersion: "example.com/v1", Kind: "Job", Namespace: "a", Name: "x"}, Pods: []tracer.Lifecycle{{Node: "o"}}},
	})
	const never = history.Never
	want := []history.Recorded{
		{
			Namespace: "default", Owner: "Deployment/web",
			Pods: []history.RecordedPod{{Node: "n", Pending: never}, {}, {Pending: time.Second}, {Pending: never}},
		},
		{Namespace: "a", Owner: "Job/x", Pods: []history.RecordedPod{{Node: "o", Pending: never}}},
		{Namespace: "a", Owner: "Pod/p"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A node and the recorder hear of a pod in any order.
func TestLaunchesBeforeAndAfterThePodIsKnown(t *testing.T) {
	r := newRecorder(time.Now(), func(p *corev1.Pod) string { return "Pod/" + p.Name })
	early := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "early", UID: "1"}}
	late := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "late", UID: "2"}}
	r.Launched(early, 3)
	r.pod(early)
	r.pod(late)
	r.Launched(late, 4)
	for i, want := range []int{3, 4} {
		if got := r.history.Pods[i].Launch; got != want {
			t.Errorf("%s: launch %d, want %d", r.history.Pods[i].Name, got, want)
		}
	}
	if len(r.early) > 0 {
		t.Errorf("launches of known pods are kept: %v", r.early)
	}
}
