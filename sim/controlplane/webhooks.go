package controlplane

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"k8s.io/apiserver/pkg/admission"
	webhookinit "k8s.io/apiserver/pkg/admission/plugin/webhook/initializer"
	"k8s.io/apiserver/pkg/util/webhook"
	"k8s.io/client-go/informers"
	restclient "k8s.io/client-go/rest"
	aggregatorapiserver "k8s.io/kube-aggregator/pkg/apiserver"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/held"
	"simk.dev/simk/sim/sockets"
)

// webhooks lets upstream's plugins and converters call the webhooks of an interactive
// cluster: those that listen on loopback, where their servers run beside it, as envtest has
// it. Time stands still meanwhile, and timeouts are real time. Nobody else is called.
type webhooks struct {
	services aggregatorapiserver.ServiceResolver
	uncalled
}

func newWebhooks(shared informers.SharedInformerFactory) *webhooks {
	hooks := shared.Admissionregistration().V1()
	return &webhooks{
		services: aggregatorapiserver.NewClusterIPServiceResolver(shared.Core().V1().Services().Lister()),
		uncalled: uncalled{
			mutating:   hooks.MutatingWebhookConfigurations().Lister(),
			validating: hooks.ValidatingWebhookConfigurations().Lister(),
		},
	}
}

// Decorate implements admission.Decorator: it gives upstream's plugins for webhooks, which
// have all that kube-apiserver gives them, these clients and Services.
func (w *webhooks) Decorate(plugin admission.Interface, _ string) admission.Interface {
	if p, ok := plugin.(webhookinit.WantsAuthenticationInfoResolverWrapper); ok {
		p.SetAuthenticationInfoResolverWrapper(w.clients)
	}
	if p, ok := plugin.(webhookinit.WantsServiceResolver); ok {
		p.SetServiceResolver(w.resolver())
	}
	return plugin
}

// clients makes clients of webhooks out of upstream's.
func (w *webhooks) clients(upstream webhook.AuthenticationInfoResolver) webhook.AuthenticationInfoResolver {
	return &webhook.AuthenticationInfoResolverDelegator{
		ClientConfigForFunc: func(hostPort string) (*restclient.Config, error) {
			config, err := upstream.ClientConfigFor(hostPort)
			return w.client(config, err)
		},
		ClientConfigForServiceFunc: func(name, namespace string, port int) (*restclient.Config, error) {
			config, err := upstream.ClientConfigForService(name, namespace, port)
			return w.client(config, err)
		},
	}
}

// client lets upstream's client connect to loopback only, by no proxy, and hold time. The
// one of the API itself stays as it is: it is in memory.
func (w *webhooks) client(config *restclient.Config, err error) (*restclient.Config, error) {
	if err != nil || config.Transport != nil {
		return config, err
	}
	c := restclient.CopyConfig(config)
	c.Dial = w.dial
	c.Proxy = func(*http.Request) (*url.URL, error) { return nil, nil }
	c.WrapTransport = holdWebhook // upstream's own is for tracing, which is left out
	return c, nil
}

// holdWebhook holds time for each call. Who is called lives in real time, and so do the
// certificates: the cluster's time may be years away.
func holdWebhook(rt http.RoundTripper) http.RoundTripper {
	if t, ok := rt.(*http.Transport); ok {
		if t.TLSClientConfig == nil {
			t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		t.TLSClientConfig.Time = clock.Wall
	}
	return held.RoundTripper(rt, webhookLimit)
}

// webhookTimeout is upstream's for webhooks that have none of their own.
const webhookTimeout = 30 * time.Second

// webhookLimit is how long a call may take: upstream sets it as a deadline in virtual time,
// which stands still.
func webhookLimit(r *http.Request) time.Duration {
	deadline, ok := r.Context().Deadline()
	if !ok {
		return webhookTimeout
	}
	return time.Until(deadline).Round(time.Millisecond)
}

func (w *webhooks) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := sockets.DialLoopback(ctx, network, address)
	var foreign *sockets.ForeignError
	if errors.As(err, &foreign) {
		w.note(strings.ToLower(address))
		return nil, fmt.Errorf("simk calls webhooks on loopback only, at a url such as https://127.0.0.1:9443: %w", err)
	}
	return conn, err
}

// resolver finds the servers behind Services. The API's own Service leads to the API, as it
// does upstream.
func (w *webhooks) resolver() aggregatorapiserver.ServiceResolver {
	api := &url.URL{Scheme: "https", Host: inMemory}
	return aggregatorapiserver.NewLoopbackServiceResolver(w, api)
}

// ResolveEndpoint implements webhook.ServiceResolver, as kube-apiserver's does by default. Behind
// addresses of Services is no network here, and the apiserver takes no Endpoints on
// loopback; but an ExternalName may be localhost.
func (w *webhooks) ResolveEndpoint(namespace, name string, port int32) (*url.URL, error) {
	u, err := w.services.ResolveEndpoint(namespace, name, port)
	if err == nil && sockets.Loopback(u.Hostname()) != nil {
		return u, nil
	}
	w.note(serviceTarget(namespace, name))
	if err == nil {
		err = fmt.Errorf("it is at %s", u.Host)
	}
	return nil, fmt.Errorf("simk has no network to Service %s/%s (%w): give the webhook a url on loopback, such as https://127.0.0.1:9443, "+
		"or let the Service be of type ExternalName with externalName localhost", namespace, name, err)
}

// noWebhooks lets no webhook be called, in a replay: its definitions convert as None.
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

// errWebhook is what somebody hears whose object would have to be converted by a webhook.
var errWebhook = errors.New("a replay calls no webhooks: " +
	"an object of a kind whose conversion.strategy is Webhook can be had in its stored version only")

type refusal struct{}

// RoundTrip implements http.RoundTripper.
func (refusal) RoundTrip(*http.Request) (*http.Response, error) { return nil, errWebhook }
