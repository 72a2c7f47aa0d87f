package controlplane

import kubectrlmgrconfig "k8s.io/kubernetes/pkg/controller/apis/config"

// oneWorkerEach makes every controller handle one object at a time: with one
// processor more workers gain nothing, and they would let the order in which
// objects are handled depend on who waits for whom. Those of Deployments, ReplicaSets and
// ReplicationControllers have their one from deployments.go and replicasets.go.
func oneWorkerEach(c *kubectrlmgrconfig.KubeControllerManagerConfiguration) {
	c.CronJobController.ConcurrentCronJobSyncs = 1
	c.DaemonSetController.ConcurrentDaemonSetSyncs = 1
	c.DeviceTaintEvictionController.ConcurrentSyncs = 1
	c.DisruptionController.ConcurrentDisruptionSyncs = 1
	c.EndpointSliceController.ConcurrentServiceEndpointSyncs = 1
	c.GarbageCollectorController.ConcurrentGCSyncs = 1
	c.JobController.ConcurrentJobSyncs = 1
	c.NamespaceController.ConcurrentNamespaceSyncs = 1
	c.ResourceClaimController.ConcurrentSyncs = 1
	c.ResourceQuotaController.ConcurrentResourceQuotaSyncs = 1
	c.StatefulSetController.ConcurrentStatefulSetSyncs = 1
	c.TTLAfterFinishedController.ConcurrentTTLSyncs = 1
}
