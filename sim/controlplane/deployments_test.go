package controlplane

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	appslisters "k8s.io/client-go/listers/apps/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// A Deployment that was complete once does not come back to be seen late; one whose rollout
// goes on does, and so does one whose sync failed.
func TestDeploymentsComeBack(t *testing.T) {
	for _, c := range []struct {
		name, reason     string
		replicas, update int32
		failed           bool
		want             int
	}{
		{"complete once, now waiting for pods", "NewReplicaSetAvailable", 3, 3, false, 0},
		{"rollout goes on", "ReplicaSetUpdated", 3, 3, false, 1},
		{"rollout of what was complete", "NewReplicaSetAvailable", 4, 1, false, 1},
		{"sync failed", "NewReplicaSetAvailable", 3, 3, true, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
			d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web"}}
			d.Status.Replicas, d.Status.UpdatedReplicas = c.replicas, c.update
			d.Status.Conditions = []appsv1.DeploymentCondition{{Type: appsv1.DeploymentProgressing, Reason: c.reason}}
			if err := store.Add(d); err != nil {
				t.Fatal(err)
			}
			inner := workqueue.NewTypedRateLimitingQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[string](0, 0))
			defer inner.ShutDown()
			q := &deploymentQueue{TypedRateLimitingInterface: inner, lister: appslisters.NewDeploymentLister(store)}
			q.Add("default/web")
			key, _ := q.Get()
			q.AddRateLimited(key) // by the sync, or for its error
			if !c.failed {
				q.Forget(key)
			}
			q.Done(key)
			if n := inner.Len(); n != c.want {
				t.Errorf("%d keys are in the queue again, want %d", n, c.want)
			}
		})
	}
}
