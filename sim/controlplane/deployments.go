package controlplane

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	appslisters "k8s.io/client-go/listers/apps/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/cmd/kube-controller-manager/names"
	"k8s.io/kubernetes/pkg/controller/deployment"
	"k8s.io/kubernetes/pkg/controller/deployment/util"
)

// deployments is upstream's Deployment controller with a queue that leaves out
// syncs which come to nothing.
type deployments struct {
	controller *deployment.DeploymentController
}

func (c *ControlPlane) newDeployments(ctx context.Context, own app.ControllerContext) (app.Controller, error) {
	apps, pods := own.InformerFactory.Apps().V1(), own.InformerFactory.Core().V1().Pods()
	dc, err := deployment.NewDeploymentController(ctx, apps.Deployments(), apps.ReplicaSets(), pods, c.eventless())
	if err != nil {
		return nil, fmt.Errorf("create Deployment controller: %w", err)
	}
	queue, err := queueOf(dc)
	if err != nil {
		return nil, err
	}
	*queue = &deploymentQueue{TypedRateLimitingInterface: *queue, lister: apps.Deployments().Lister()}
	return deployments{dc}, nil
}

// Name implements app.Controller.
func (deployments) Name() string { return names.DeploymentController }

// Run implements app.Controller.
func (d deployments) Run(ctx context.Context) { d.controller.Run(ctx, 1) }

// deploymentQueue does not let a Deployment back in only for it to be seen whether its
// rollout is late, if that rollout was complete once: the controller does not call such a one
// late. Upstream looks ten times a second at each Deployment that was complete for ten minutes
// and then is scaled, while its pods wait: for a machine, say. Whatever happens to it puts it
// into the queue anyway.
//
// Run gives the controller one worker, so there is one Deployment in hand at most.
type deploymentQueue struct {
	workqueue.TypedRateLimitingInterface[string]
	lister appslisters.DeploymentLister
	again  string // what was to come again after its sync; empty: nothing
}

// AddRateLimited implements workqueue.TypedRateLimitingInterface.
func (q *deploymentQueue) AddRateLimited(key string) { q.again = key }

// Forget implements workqueue.TypedRateLimitingInterface. It is called after a sync without error.
func (q *deploymentQueue) Forget(key string) {
	if q.again == key && q.rolledOut(key) {
		q.again = ""
	}
	q.TypedRateLimitingInterface.Forget(key)
}

// Done implements workqueue.TypedInterface.
func (q *deploymentQueue) Done(key string) {
	if q.again == key {
		q.TypedRateLimitingInterface.AddRateLimited(key)
		q.again = ""
	}
	q.TypedRateLimitingInterface.Done(key)
}

// rolledOut is upstream's own condition for not asking whether a Deployment is late.
func (q *deploymentQueue) rolledOut(key string) bool {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return false
	}
	d, err := q.lister.Deployments(namespace).Get(name)
	if err != nil {
		return false
	}
	progress := util.GetDeploymentCondition(d.Status, appsv1.DeploymentProgressing)
	return d.Status.Replicas == d.Status.UpdatedReplicas && progress != nil && progress.Reason == util.NewRSAvailableReason
}
