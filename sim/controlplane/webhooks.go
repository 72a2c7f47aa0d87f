package controlplane

import (
	"errors"
	"net/http"

	"k8s.io/apiserver/pkg/util/webhook"
	restclient "k8s.io/client-go/rest"
)

// errWebhook is what a client hears whose object would have to be converted by a webhook.
var errWebhook = errors.New("simk calls no webhooks: an object of a kind whose conversion.strategy is Webhook can be had in its stored version only")

// noWebhooks lets no webhook be called. A definition that names one is served all the
// same, in the version in which its objects are stored.
func noWebhooks(delegate webhook.AuthenticationInfoResolver) webhook.AuthenticationInfoResolver {
	refuse := func(config *restclient.Config, err error) (*restclient.Config, error) {
		if err == nil {
			config.Wrap(func(http.RoundTripper) http.RoundTripper { return refusal{} })
		}
		return config, err
	}
	return &webhook.AuthenticationInfoResolverDelegator{
		ClientConfigForFunc: func(hostPort string) (*restclient.Config, error) { return refuse(delegate.ClientConfigFor(hostPort)) },
		ClientConfigForServiceFunc: func(name, namespace string, port int) (*restclient.Config, error) {
			return refuse(delegate.ClientConfigForService(name, namespace, port))
		},
	}
}

type refusal struct{}

// RoundTrip implements http.RoundTripper.
func (refusal) RoundTrip(*http.Request) (*http.Response, error) { return nil, errWebhook }
