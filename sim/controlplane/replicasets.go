package controlplane

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/cmd/kube-controller-manager/names"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/controller"
	"k8s.io/kubernetes/pkg/controller/replicaset"
	"k8s.io/kubernetes/pkg/controller/replication"
)

// replicas is upstream's controller of ReplicaSets, or of ReplicationControllers, with a
// queue that does not let it scale down within a millisecond of what it made.
//
// For a metric upstream divides by the age of the youngest ready pod, in whole
// milliseconds (reportSortingDeletionAgeRatioMetric), and panics where that is 0: with a
// kubelet that needs no time to start a container it can be.
type replicas struct {
	name string
	run  func(ctx context.Context, workers int)
}

// Name implements app.Controller.
func (r replicas) Name() string { return r.name }

// Run implements app.Controller.
func (r replicas) Run(ctx context.Context) { r.run(ctx, 1) }

func (c *ControlPlane) newReplicaSets(ctx context.Context, own app.ControllerContext) (app.Controller, error) {
	sets, pods := own.InformerFactory.Apps().V1().ReplicaSets(), own.InformerFactory.Core().V1().Pods()
	rsc := replicaset.NewReplicaSetController(ctx, sets, pods, c.eventless(), replicaset.BurstReplicas)
	lister := sets.Lister()
	err := delayScaleDown(rsc, pods.Informer().GetIndexer(), func(namespace, name string) (metav1.Object, int32, error) {
		set, err := lister.ReplicaSets(namespace).Get(name)
		if err != nil {
			return nil, 0, err
		}
		return set, *set.Spec.Replicas, nil
	})
	return replicas{names.ReplicaSetController, rsc.Run}, err
}

func (c *ControlPlane) newReplicationControllers(ctx context.Context, own app.ControllerContext) (app.Controller, error) {
	controllers, pods := own.InformerFactory.Core().V1().ReplicationControllers(), own.InformerFactory.Core().V1().Pods()
	manager := replication.NewReplicationManager(ctx, pods, controllers, c.eventless(), replication.BurstReplicas)
	lister := controllers.Lister()
	wanted := func(namespace, name string) (metav1.Object, int32, error) {
		rc, err := lister.ReplicationControllers(namespace).Get(name)
		if err != nil {
			return nil, 0, err
		}
		return rc, *rc.Spec.Replicas, nil
	}
	err := delayScaleDown(&manager.ReplicaSetController, pods.Informer().GetIndexer(), wanted)
	return replicas{names.ReplicationControllerController, manager.Run}, err
}

// wantedPods returns an object by its key, and how many pods it wants.
type wantedPods func(namespace, name string) (metav1.Object, int32, error)

// delayScaleDown gives the controller the queue.
func delayScaleDown(rsc *replicaset.ReplicaSetController, pods cache.Indexer, get wantedPods) error {
	queue, err := queueOf(rsc)
	if err != nil {
		return err
	}
	*queue = &replicasQueue{TypedRateLimitingInterface: *queue, kind: rsc.Kind, pods: pods, get: get}
	return nil
}

// replicasQueue hands out a key whose object is to be scaled down when its youngest ready
// pod is a millisecond old.
type replicasQueue struct {
	workqueue.TypedRateLimitingInterface[string]
	kind string // of its objects
	pods cache.Indexer
	get  wantedPods
}

// Get implements workqueue.TypedInterface. The controller has one worker, which it may delay.
func (q *replicasQueue) Get() (string, bool) {
	key, shutdown := q.TypedRateLimitingInterface.Get()
	if !shutdown {
		if wait := q.tooYoung(key); wait > 0 {
			time.Sleep(wait)
		}
	}
	return key, shutdown
}

// tooYoung is how long it takes until no ready pod of an object that has too many is
// younger than a millisecond. Ages count from whole seconds, as creation timestamps do.
func (q *replicasQueue) tooYoung(key string) time.Duration {
	now := time.Now()
	second := now.Truncate(time.Second)
	wait := time.Millisecond - now.Sub(second)
	if wait <= 0 {
		return 0
	}
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return 0
	}
	owner, wanted, err := q.get(namespace, name)
	if err != nil {
		return 0
	}
	ref := &metav1.OwnerReference{Kind: q.kind, Name: name, UID: owner.GetUID()}
	all, err := q.pods.ByIndex(controller.PodControllerIndex, controller.PodControllerIndexKey(namespace, ref))
	if err != nil || len(all) <= int(wanted) {
		return 0
	}
	owned, young := int32(0), false
	for _, obj := range all {
		if pod := obj.(*corev1.Pod); pod.DeletionTimestamp == nil {
			owned++
			young = young || isYoung(pod, second)
		}
	}
	if owned <= wanted || !young {
		return 0
	}
	return wait
}

func isYoung(pod *corev1.Pod, second time.Time) bool {
	return !pod.CreationTimestamp.Time.Before(second) && podutil.IsPodReady(pod)
}
