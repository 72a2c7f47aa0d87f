package controlplane

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"

	apiextensionsapiserver "k8s.io/apiextensions-apiserver/pkg/apiserver"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/endpoints/discovery/aggregated"
	genericapifilters "k8s.io/apiserver/pkg/endpoints/filters"
	openapinamer "k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/filters"
	serverstorage "k8s.io/apiserver/pkg/server/storage"
	"k8s.io/apiserver/pkg/util/notfoundhandler"
	"k8s.io/apiserver/pkg/util/openapi"
	"k8s.io/client-go/informers"
	restclient "k8s.io/client-go/rest"
	aggregatorscheme "k8s.io/kube-aggregator/pkg/apiserver/scheme"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/controlplane"
	controlplaneapiserver "k8s.io/kubernetes/pkg/controlplane/apiserver"
	"k8s.io/kubernetes/pkg/controlplane/reconcilers"
	generatedopenapi "k8s.io/kubernetes/pkg/generated/openapi"
	"k8s.io/kubernetes/pkg/kubeapiserver"
	"k8s.io/kubernetes/pkg/kubeapiserver/authorizer/modes"

	"simk.dev/simk/sim/certificates"
)

// apiserver is the real kube-apiserver with its extension server for custom
// resources, without listener, and with the aggregation layer if it is an interactive one.
type apiserver struct {
	handler http.Handler
	// access stands before handler for clients outside the process; nil in a replay.
	access *access
	// start runs the server's post-start hooks.
	start func(context.Context) error
	// destroy ends what its storages run in the background.
	destroy func()
}

// newAPIServer assembles the server around etcd. Its own clients, and those of
// everybody else in the process, go through t; its admission plugins share
// informers with everybody else. The authority and the webhooks are nil in a replay.
func newAPIServer(ctx context.Context, t *transport, shared informers.SharedInformerFactory, config *restclient.Config,
	authority *certificates.Authority, hooks *webhooks, o Options) (*apiserver, error) {
	opts, err := apiserverOptions(ctx, hooks, o)
	if err != nil {
		return nil, fmt.Errorf("complete options: %w", err)
	}
	generic, storageFactory, err := genericConfig(ctx, opts, config, shared, o)
	if err != nil {
		return nil, err
	}
	if o.Interactive {
		tokens, err := issueTokens(&opts, config, shared)
		if err != nil {
			return nil, err
		}
		generic.Authentication.APIAudiences = audiences
		generic.Authentication.Authenticator = authenticators(authority, tokens, o.RBAC)
	}
	kube, resolver, initializers, err := app.CreateKubeAPIServerConfig(opts, generic, shared, storageFactory)
	if err != nil {
		return nil, err
	}
	kube.ControlPlane.Generic.BuildHandlerChainFunc = handlerChain
	clients := noWebhooks
	if hooks != nil {
		resolver, clients = hooks.resolver(), hooks.clients
	}
	extensions, err := controlplaneapiserver.CreateAPIExtensionsConfig(
		*generic, shared, initializers, opts.CompletedOptions, opts.MasterCount, resolver, clients)
	if err != nil {
		return nil, err
	}
	notFound := notfoundhandler.New(generic.Serializer, genericapifilters.NoMuxAndDiscoveryIncompleteKey)
	extensionServer, err := extensions.Complete().New(genericapiserver.NewEmptyDelegateWithCustomHandler(notFound))
	if err != nil {
		return nil, err
	}
	server, err := newKubeServer(kube, extensionServer.GenericAPIServer, o)
	if err != nil {
		return nil, err
	}
	if hooks != nil {
		hooks.definitions = extensionServer.Informers.Apiextensions().V1().CustomResourceDefinitions().Lister()
		a, err := newAggregator(kube, opts, shared, resolver, initializers, extensionServer, server, o)
		if err != nil {
			return nil, err
		}
		t.bind(a.handler)
		a.access = &access{generic}
		return a, nil
	}
	server.SecureServingInfo = nil // nothing listens
	t.bind(server.Handler)
	return &apiserver{handler: server.Handler, destroy: server.Destroy, start: func(ctx context.Context) error {
		_, _, err := server.PrepareRun().NonBlockingRunWithContext(ctx, 0)
		return err
	}}, nil
}

func apiserverOptions(ctx context.Context, hooks *webhooks, o Options) (options.CompletedOptions, error) {
	s := options.NewServerRunOptions()
	s.Etcd.StorageConfig.Transport.ServerList = []string{"http://simk.invalid:2379"}
	s.Etcd.StorageConfig.CountMetricPollPeriod = 0
	s.Etcd.StorageConfig.DBMetricPollInterval = 0
	s.Etcd.StorageConfig.CompactionInterval = compactionInterval
	if o.Interactive {
		s.Etcd.StorageConfig.CompactionInterval = 0 // see keepCompact
	}
	s.Etcd.EnableWatchCache = false // one shared informer watches each resource: nothing to fan out
	s.Etcd.SkipHealthEndpoints = true
	s.ServiceClusterIPRanges = serviceIPs
	s.EndpointReconcilerType = "none"
	if o.Interactive {
		s.EndpointReconcilerType = string(reconcilers.MasterCountReconcilerType)
	}
	s.GenericServerRunOptions.AdvertiseAddress = net.ParseIP(apiserverIP)
	s.GenericServerRunOptions.ExternalHost = apiserverIP
	s.GenericServerRunOptions.MaxRequestsInFlight = 0
	s.GenericServerRunOptions.MaxMutatingRequestsInFlight = 0
	s.Features.EnablePriorityAndFairness = false
	s.Features.EnableProfiling = false
	s.SecureServing.BindPort = 0 // it would write a certificate to /var/run/kubernetes
	s.Authentication.ServiceAccounts.Issuers = []string{issuer}
	s.Authorization.Modes = []string{modes.ModeAlwaysAllow}
	if o.RBAC {
		s.Authorization.Modes = []string{modes.ModeNode, modes.ModeRBAC} // as kubeadm has it
	}
	if o.EventTTL > 0 {
		s.EventTTL = o.EventTTL
	}
	s.AllowPrivileged = true
	s.APIEnablement.RuntimeConfig = runtimeConfig()
	setAdmission(s.Admission.GenericAdmission, o)
	if hooks != nil {
		s.Admission.GenericAdmission.Decorators = admission.Decorators{hooks}
	}
	return s.Complete(ctx)
}

// apiserverIP is the address the apiserver believes it has.
const apiserverIP = "127.0.0.1"

// serviceIPs is the range of Services' addresses, as kubeadm sets it: kube-apiserver's own
// default has 254. The addresses of nodes and pods are others.
const serviceIPs = "10.96.0.0/12"

// compactionInterval is how often the apiserver lets etcd forget old revisions.
const compactionInterval = 5 * time.Minute

// genericConfig does what upstream's BuildGenericConfig does, less the secure
// listener, authentication, audit, tracing and egress.
func genericConfig(ctx context.Context, opts options.CompletedOptions, loopback *restclient.Config,
	shared informers.SharedInformerFactory, o Options) (*genericapiserver.Config, *serverstorage.DefaultStorageFactory, error) {
	c := genericapiserver.NewConfig(legacyscheme.Codecs)
	resources := controlplane.DefaultAPIResourceConfigSource()
	c.MergedResourceConfig = resources
	if err := opts.GenericServerRunOptions.ApplyTo(c); err != nil {
		return nil, nil, err
	}
	c.SecureServing = &genericapiserver.SecureServingInfo{Listener: noListener{}}
	c.LoopbackClientConfig = loopback
	if err := opts.APIEnablement.ApplyTo(c, resources, legacyscheme.Scheme); err != nil {
		return nil, nil, err
	}
	definitions := openapi.GetOpenAPIDefinitionsWithoutDisabledFeatures(generatedopenapi.GetOpenAPIDefinitions)
	namer := openapinamer.NewDefinitionNamer([]*runtime.Scheme{legacyscheme.Scheme, apiextensionsapiserver.Scheme, aggregatorscheme.Scheme}...)
	c.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(definitions, namer)
	c.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(definitions, namer)
	c.OpenAPIConfig.Info.Title, c.OpenAPIV3Config.Info.Title = "Kubernetes", "Kubernetes" // as kube-apiserver has it
	c.SkipOpenAPIInstallation = !o.Interactive                                            // no client in the process reads it
	longRunning := sets.NewString("attach", "exec", "proxy", "log", "portforward")
	c.LongRunningFunc = filters.BasicLongRunningRequestCheck(sets.NewString("watch", "proxy"), longRunning)
	c.EnableProfiling = o.Interactive // as the real one's; health.go refuses what does not work
	c.EnableMetrics = false

	storageConfig := kubeapiserver.NewStorageFactoryConfigEffectiveVersion(c.EffectiveVersion)
	storageConfig.APIResourceConfig = resources
	storageConfig.DefaultResourceEncoding.SetEffectiveVersion(c.EffectiveVersion)
	storageFactory, err := storageConfig.Complete(opts.Etcd).New()
	if err != nil {
		return nil, nil, err
	}
	if err := opts.Etcd.ApplyWithStorageFactoryTo(storageFactory, c); err != nil {
		return nil, nil, err
	}
	if o.Interactive {
		c.RESTOptionsGetter = sharedEncodings{c.RESTOptionsGetter}
	}
	c.Authorization.Authorizer, c.RuleResolver, _, err = controlplaneapiserver.BuildAuthorizer(
		ctx, opts.CompletedOptions, nil, c.APIServerID, shared)
	if err != nil {
		return nil, nil, err
	}
	c.AggregatedDiscoveryGroupManager = aggregated.NewResourceManager("apis")
	c.DisabledPostStartHooks.Insert(slices.Collect(maps.Keys(hooksLeftOut))...)
	if !o.Interactive {
		c.DisabledPostStartHooks.Insert(slices.Collect(maps.Keys(replayHooksLeftOut))...)
	}
	if !o.withPolicies() {
		c.DisabledPostStartHooks.Insert(policyHook)
	}
	return c, storageFactory, nil
}

// handlerChain is what stands between a request and the API here: the filters
// that a request handler relies on. Authentication and authorization stand before
// the listener (see access): in the process the transport says who calls. Left out are flow control, audit, tracing,
// deadlines and the like, which protect a server from strangers and overload.
func handlerChain(api http.Handler, c *genericapiserver.Config) http.Handler {
	h := genericapifilters.WithWarningRecorder(api)
	h = genericapifilters.WithRequestInfo(h, c.RequestInfoResolver)
	h = genericapifilters.WithRequestReceivedTimestamp(h)
	h = filters.WithPanicRecovery(h, c.RequestInfoResolver)
	return genericapifilters.WithAuditInit(h)
}

// noListener stands where the configuration wants an address.
type noListener struct{ net.Listener }

func (noListener) Addr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(apiserverIP), Port: 443} }
