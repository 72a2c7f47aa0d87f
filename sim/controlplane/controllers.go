package controlplane

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	restclient "k8s.io/client-go/rest"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	"k8s.io/kubernetes/cmd/kube-controller-manager/names"
	kubectrlmgrconfig "k8s.io/kubernetes/pkg/controller/apis/config"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
)

// controllerNames are the controllers that run: those that make pods, end them,
// or decide whether they may exist or be placed.
var controllerNames = []string{
	names.DeploymentController, names.ReplicaSetController, names.ReplicationControllerController,
	names.StatefulSetController, names.DaemonSetController, names.JobController, names.CronJobController,
	names.TTLAfterFinishedController, names.GarbageCollectorController, names.NamespaceController,
	names.DisruptionController, names.PodGarbageCollectorController, names.TaintEvictionController,
	names.NodeLifecycleController, names.ResourceQuotaController, names.ServiceAccountController,
	names.PersistentVolumeBinderController, names.PersistentVolumeClaimProtectionController,
	names.PersistentVolumeProtectionController, names.EphemeralVolumeController,
	names.ResourceClaimController, names.DeviceTaintEvictionController, names.PodGroupProtectionController,
}

// interactiveControllers are further ones that clients of an interactive cluster rely on.
// Nothing in a replay reads what they write.
var interactiveControllers = []string{
	names.EndpointsController, names.EndpointSliceController, names.EndpointSliceMirroringController,
	names.RootCACertificatePublisherController, names.ServiceCIDRController, names.ClusterRoleAggregationController,
	names.ValidatingAdmissionPolicyStatusController, names.VolumeAttributesClassProtectionController,
}

// controllersLeftOut are those that kube-controller-manager runs by default and simk does not,
// with the reason.
var controllersLeftOut = map[string]string{
	names.ServiceAccountTokenController:                      "tokens in Secrets: tokens are issued on request",
	names.LegacyServiceAccountTokenCleanerController:         "tokens in Secrets: tokens are issued on request",
	names.HorizontalPodAutoscalerController:                  "containers use nothing that could be measured",
	names.CertificateSigningRequestSigningController:         noSigner,
	names.CertificateSigningRequestApprovingController:       noSigner,
	names.CertificateSigningRequestCleanerController:         noSigner,
	names.PodCertificateRequestCleanerController:             noSigner,
	names.KubeAPIServerClusterTrustBundlePublisherController: noSigner,
	names.TTLController:                                      "how long kubelets cache Secrets: none reads any",
	names.NodeIpamController:                                 "off without cloud provider or --allocate-node-cidrs; nodes need no podCIDR",
	names.PersistentVolumeAttachDetachController:             "a volume is mounted as soon as its pod is bound",
	names.PersistentVolumeExpanderController:                 "volumes of external provisioners are expanded by vnode/volumes",
	names.StorageVersionGarbageCollectorController:           "behind a feature gate that is off",
	names.StorageVersionMigratorController:                   "nothing was stored by an older version",
	names.ResourcePoolStatusRequestController:                "behind a feature gate that is off",
}

const noSigner = "nobody signs certificates: kubelets need none here"

// EndpointSliceController may be added to the controllers of a replay.
const EndpointSliceController = names.EndpointSliceController

// Heartbeats tells when nodes last answered. See monitor.go.
type Heartbeats interface {
	// LastHeartbeat returns when the node last answered; ok is false for a node
	// that never does.
	LastHeartbeat(node string) (t time.Time, ok bool)
	// OnChange lets hear be called each time a node has come, gone, failed or recovered.
	OnChange(hear func())
}

// Controllers is a set of upstream controllers that is ready to run.
type Controllers struct {
	controllers []app.Controller
	context     app.ControllerContext
	monitor     *monitor
	balancers   func(context.Context) // nil in a replay
}

// controllerConfig is kube-controller-manager's default configuration, with what differs here.
func (c *ControlPlane) controllerConfig(extra []string) (kubectrlmgrconfig.KubeControllerManagerConfiguration, error) {
	config, err := options.NewDefaultComponentConfig()
	if err != nil {
		return config, fmt.Errorf("default controller configuration: %w", err)
	}
	config.Generic.Controllers = append(slices.Clone(controllerNames), extra...)
	if c.options.Interactive {
		config.Generic.Controllers = append(slices.Clone(controllerNames), interactiveControllers...)
		config.SAController.RootCAFile = c.caFile
	}
	config.Generic.ControllerStartInterval.Duration = 0
	if c.options.Interactive || c.options.NodesFail {
		evictionRates(&config)
	}
	config.NodeLifecycleController.NodeMonitorGracePeriod.Duration = nodeMonitorGracePeriod
	oneWorkerEach(&config)
	return config, nil
}

// evictionRates sets how fast the node lifecycle controller gives up nodes that do not answer, as
// upstream's flags have it: no flags are parsed here, and those have no other default.
//
// In a replay in which no node can fail it is not called. The rates then decide one thing only:
// whether the first machine that boots in a zone is tainted as failed, and that taint goes up to
// 5 s after the machine is Ready. Without rates it is, with them it depends on the other nodes.
// The recordings of the real cluster autoscaler (testdata/cases/autoscaler-06 is one) were made
// without.
func evictionRates(config *kubectrlmgrconfig.KubeControllerManagerConfiguration) {
	o := options.NodeLifecycleControllerOptions{NodeLifecycleControllerConfiguration: &config.NodeLifecycleController}
	o.AddFlags(pflag.NewFlagSet("", pflag.ContinueOnError)) // sets them
}

// NewControllers builds the controllers of kube-controller-manager, as upstream
// builds them, over the shared informers. extra names more of them.
func (c *ControlPlane) NewControllers(ctx context.Context, heartbeats Heartbeats, extra ...string) (*Controllers, error) {
	config, err := c.controllerConfig(extra)
	if err != nil {
		return nil, err
	}
	metadataClient, err := metadata.NewForConfig(restclient.CopyConfig(c.Config))
	if err != nil {
		return nil, fmt.Errorf("create metadata client: %w", err)
	}
	builder := &clientBuilder{plane: c, discovery: c.discovery}
	dropped := metadatainformer.WithTransform(dropManagedFields)
	metadataInformers := metadatainformer.NewSharedInformerFactoryWithOptions(metadataClient, 0, dropped)
	context := app.ControllerContext{
		ClientBuilder:                   builder,
		InformerFactory:                 c.Informers,
		ObjectOrMetadataInformerFactory: informerfactory.NewInformerFactory(c.Informers, metadataInformers),
		ComponentConfig:                 config,
		RESTMapper:                      c.mapper,
		InformersStarted:                make(chan struct{}),
		ResyncPeriod:                    func() time.Duration { return 0 },
	}
	ignored := map[schema.GroupResource]struct{}{}
	if c.options.Interactive { // there are no Events in a replay
		ignored = garbagecollector.DefaultIgnoredResources()
	}
	context.GraphBuilder = garbagecollector.NewDependencyGraphBuilder(
		ctx, metadataClient, context.RESTMapper, ignored, context.ObjectOrMetadataInformerFactory, context.InformersStarted)

	result := &Controllers{context: context, monitor: newMonitor(c.Informers, heartbeats)}
	descriptors := app.NewControllerDescriptors()
	for _, name := range config.Generic.Controllers {
		d := descriptors[name]
		if d == nil {
			return nil, fmt.Errorf("controller %q is unknown", name)
		}
		own := context
		if name == names.NodeLifecycleController {
			own.InformerFactory = result.monitor.factory()
		}
		build := d.BuildController
		switch name {
		case names.DeploymentController:
			build = c.newDeployments
		case names.ReplicaSetController:
			build = c.newReplicaSets
		case names.ReplicationControllerController:
			build = c.newReplicationControllers
		case names.PodGarbageCollectorController:
			build = c.newPodGC
		}
		controller, err := build(ctx, own)
		if err != nil {
			return nil, fmt.Errorf("build %s: %w", name, err)
		}
		if controller != nil { // nil: behind a feature gate that is off
			result.controllers = append(result.controllers, controller)
		}
	}
	if c.options.Interactive {
		if result.balancers, err = c.newLoadBalancers(); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// Run runs the controllers until ctx ends; the shared informers must be started.
func (c *Controllers) Run(ctx context.Context, ready func()) error {
	c.context.InformerFactory.Start(ctx.Done())
	c.context.ObjectOrMetadataInformerFactory.Start(ctx.Done())
	close(c.context.InformersStarted)
	defer context.AfterFunc(ctx, c.monitor.stop)()
	var wg sync.WaitGroup
	for _, controller := range c.controllers {
		wg.Go(func() { controller.Run(ctx) })
	}
	if c.balancers != nil {
		wg.Go(func() { c.balancers(ctx) })
	}
	ready()
	wg.Wait()
	return nil
}

// clientBuilder gives every controller the same clients.
type clientBuilder struct {
	plane     *ControlPlane
	discovery *cachedDiscovery
}

func (b *clientBuilder) Config(string) (*restclient.Config, error) {
	return restclient.CopyConfig(b.plane.Config), nil
}
func (b *clientBuilder) ConfigOrDie(string) *restclient.Config {
	return restclient.CopyConfig(b.plane.Config)
}
func (b *clientBuilder) Client(string) (kubernetes.Interface, error) {
	return b.plane.eventless(), nil
}
func (b *clientBuilder) ClientOrDie(string) kubernetes.Interface { return b.plane.eventless() }
func (b *clientBuilder) DiscoveryClient(string) (discovery.DiscoveryInterface, error) {
	return b.discovery, nil
}
func (b *clientBuilder) DiscoveryClientOrDie(string) discovery.DiscoveryInterface { return b.discovery }
