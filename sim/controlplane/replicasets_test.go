package controlplane

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/kubernetes/pkg/controller"

	"simk.dev/simk/sim/clock"
)

// A ReplicaSet is not scaled down while its youngest ready pod's age is 0 milliseconds, by
// which upstream divides. Nothing else is delayed.
func TestScaleDownWaitsForAnAge(t *testing.T) {
	if !clock.Virtual {
		t.Skip("in wall-clock time there are no instants")
	}
	for _, c := range []struct {
		name   string
		age    time.Duration // of the pods, from the whole second in which they were made
		ready  bool
		wanted int32
		delay  time.Duration
	}{
		{"made at this instant", 0, true, 1, time.Millisecond},
		{"made half a millisecond ago", 500 * time.Microsecond, true, 1, 500 * time.Microsecond},
		{"made two milliseconds ago", 2 * time.Millisecond, true, 1, 0},
		{"made a second ago", time.Second, true, 1, 0},
		{"not ready", 0, false, 1, 0},
		{"not scaled down", 0, true, 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			made := time.Now().Truncate(time.Second).Add(time.Minute)
			clock.JumpTo(made.Add(c.age))
			set := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web", UID: "u"}}
			q := newReplicasQueue(t, c.wanted, set)
			for _, name := range []string{"a", "b"} {
				pod := ownedPod(name, made, c.ready)
				if err := q.pods.Add(pod); err != nil {
					t.Fatal(err)
				}
			}
			q.Add("default/web")
			before := time.Now()
			if key, _ := q.Get(); key != "default/web" {
				t.Errorf("got %q", key)
			}
			if took := time.Since(before); took != c.delay {
				t.Errorf("the sync was delayed by %v, want %v", took, c.delay)
			}
		})
	}
}

func newReplicasQueue(t *testing.T, wanted int32, owner metav1.Object) *replicasQueue {
	inner := workqueue.NewTypedRateLimitingQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[string](0, 0))
	t.Cleanup(inner.ShutDown)
	byOwner := func(obj any) ([]string, error) {
		pod := obj.(*corev1.Pod)
		return []string{controller.PodControllerIndexKey(pod.Namespace, metav1.GetControllerOf(pod))}, nil
	}
	return &replicasQueue{
		TypedRateLimitingInterface: inner, kind: "ReplicaSet",
		pods: cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{controller.PodControllerIndex: byOwner}),
		get:  func(string, string) (metav1.Object, int32, error) { return owner, wanted, nil },
	}
}

func ownedPod(name string, made time.Time, ready bool) *corev1.Pod {
	yes := true
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Namespace: "default", Name: name, UID: types.UID(name), CreationTimestamp: metav1.NewTime(made),
		OwnerReferences: []metav1.OwnerReference{{Kind: "ReplicaSet", Name: "web", UID: "u", Controller: &yes}},
	}}
	if ready {
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	}
	return pod
}
