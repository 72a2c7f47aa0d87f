package controlplane

import (
	"context"

	apiextensionsapiserver "k8s.io/apiextensions-apiserver/pkg/apiserver"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/admission"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/informers"
	aggregatorapiserver "k8s.io/kube-aggregator/pkg/apiserver"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	"k8s.io/kubernetes/pkg/controlplane"
	controlplaneapiserver "k8s.io/kubernetes/pkg/controlplane/apiserver"
)

// newAggregator is the aggregation layer in front of the API, as kube-apiserver has it: it
// serves APIServices, and discovery and OpenAPI documents of all that is served, custom
// resources too. An APIService of somebody else's server stays unavailable, since that would
// be behind a network. Only interactive clusters have it: in a replay nobody asks.
func newAggregator(kube *controlplane.Config, opts options.CompletedOptions, shared informers.SharedInformerFactory,
	resolver aggregatorapiserver.ServiceResolver, initializers []admission.PluginInitializer,
	extensions *apiextensionsapiserver.CustomResourceDefinitions, delegate *genericapiserver.GenericAPIServer, o Options) (*apiserver, error) {
	priorities, err := withPriorities(o.APIs)
	if err != nil {
		return nil, err
	}
	generic, transport := *kube.ControlPlane.Generic, kube.ControlPlane.ProxyTransport
	config, err := controlplaneapiserver.CreateAggregatorConfig(generic, opts.CompletedOptions, shared, resolver, transport, nil, initializers)
	if err != nil {
		return nil, err
	}
	config.GenericConfig.DisabledPostStartHooks = config.GenericConfig.DisabledPostStartHooks.Union(sets.StringKeySet(aggregatorHooksLeftOut))
	definitions := extensions.Informers.Apiextensions().V1().CustomResourceDefinitions()
	aggregator, err := controlplaneapiserver.CreateAggregatorServer(config.Complete(), delegate, definitions, true, priorities)
	if err != nil {
		return nil, err
	}
	aggregator.GenericAPIServer.SecureServingInfo = nil // nothing listens
	handler := withExtensions(aggregator.GenericAPIServer.Handler, extensions.GenericAPIServer.UnprotectedHandler())
	return &apiserver{handler: handler, destroy: aggregator.GenericAPIServer.Destroy, start: func(ctx context.Context) error {
		prepared, err := aggregator.PrepareRun()
		if err != nil {
			return err
		}
		go func() { _ = prepared.Run(ctx) }() // awaitReady sees what it could not do
		return nil
	}}, nil
}
