package controlplane

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensionslisters "k8s.io/apiextensions-apiserver/pkg/client/listers/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/util/webhook"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/sockets"
)

func named(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name} }

// cachedWebhooks knows objects that no apiserver has.
func cachedWebhooks(t *testing.T, objects ...any) *webhooks {
	t.Helper()
	shared := informers.NewSharedInformerFactory(nil, 0)
	w := newWebhooks(shared)
	definitions := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{})
	w.definitions = apiextensionslisters.NewCustomResourceDefinitionLister(definitions)
	hooks := shared.Admissionregistration().V1()
	for _, object := range objects {
		index := definitions
		switch object.(type) {
		case *corev1.Service:
			index = shared.Core().V1().Services().Informer().GetIndexer()
		case *v1.MutatingWebhookConfiguration:
			index = hooks.MutatingWebhookConfigurations().Informer().GetIndexer()
		case *v1.ValidatingWebhookConfiguration:
			index = hooks.ValidatingWebhookConfigurations().Informer().GetIndexer()
		}
		if err := index.Add(object); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func service(name string, spec corev1.ServiceSpec) *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "hooks", Name: name}, Spec: spec}
}

func TestServicesOfWebhooks(t *testing.T) {
	external := func(name string) *corev1.Service {
		return service(strings.ReplaceAll(name, ".", "-"), corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: name})
	}
	w := cachedWebhooks(t, external("localhost"), external("127.0.0.7"), external("a.example"),
		service("plain", corev1.ServiceSpec{Type: corev1.ServiceTypeClusterIP, ClusterIP: "10.96.0.9", Ports: []corev1.ServicePort{{Port: 443}}}))
	for name, want := range map[string]string{
		"localhost": "localhost:9443",
		"127-0-0-7": "127.0.0.7:9443",
		"a-example": "simk has no network to Service hooks/a-example (it is at a.example:9443)",
		"plain":     `simk has no network to Service hooks/plain (no service port 9443 found for service "plain")`,
		"gone":      `simk has no network to Service hooks/gone (service "gone" not found)`,
	} {
		u, err := w.resolver().ResolveEndpoint("hooks", name, 9443)
		switch {
		case err == nil && u.Host != want:
			t.Errorf("%s is at %s, want %s", name, u.Host, want)
		case err != nil && (!strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "https://127.0.0.1:9443")):
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	if _, err := w.resolver().ResolveEndpoint("hooks", "plain", 443); err == nil || !strings.Contains(err.Error(), "(it is at 10.96.0.9:443)") {
		t.Errorf("a Service's own address: %v", err)
	}
	if u, err := w.resolver().ResolveEndpoint("default", "kubernetes", 443); err != nil || u.Host != inMemory {
		t.Errorf("the API's own Service: %v, %v", u, err)
	}
}

// What was not called is told by the objects that name it, however they do.
func TestWebhooksNotCalled(t *testing.T) {
	at := func(u string) v1.WebhookClientConfig { return v1.WebhookClientConfig{URL: &u} }
	by := func(name string) v1.WebhookClientConfig {
		return v1.WebhookClientConfig{Service: &v1.ServiceReference{Namespace: "hooks", Name: name}}
	}
	mutating := func(name string, configs ...v1.WebhookClientConfig) *v1.MutatingWebhookConfiguration {
		c := &v1.MutatingWebhookConfiguration{ObjectMeta: named(name)}
		for _, config := range configs {
			c.Webhooks = append(c.Webhooks, v1.MutatingWebhook{ClientConfig: config})
		}
		return c
	}
	definition := func(name string, config *apiextensionsv1.WebhookClientConfig) *apiextensionsv1.CustomResourceDefinition {
		return &apiextensionsv1.CustomResourceDefinition{ObjectMeta: named(name), Spec: apiextensionsv1.CustomResourceDefinitionSpec{
			Conversion: &apiextensionsv1.CustomResourceConversion{Webhook: &apiextensionsv1.WebhookConversion{ClientConfig: config}}}}
	}
	w := cachedWebhooks(t, mutating("by-url", at("https://127.0.0.1:1/x"), at("https://A.example/mutate")), mutating("by-service", by("gone")), mutating("near", at("https://localhost:1")),
		&v1.ValidatingWebhookConfiguration{ObjectMeta: named("check"), Webhooks: []v1.ValidatingWebhook{{ClientConfig: by("gone")}}},
		definition("d.example.com", &apiextensionsv1.WebhookClientConfig{URL: ptr.To("https://a.example:443/convert")}),
		definition("e.example.com", &apiextensionsv1.WebhookClientConfig{Service: &apiextensionsv1.ServiceReference{Namespace: "hooks", Name: "gone"}}),
		&apiextensionsv1.CustomResourceDefinition{ObjectMeta: named("f.example.com")})
	if _, err := w.dial(context.Background(), "tcp", "127.0.0.1:1"); err == nil || len(w.list()) > 0 {
		t.Errorf("a port where nobody listens: %v, not called: %v", err, w.list())
	}
	var foreign *sockets.ForeignError
	if _, err := w.dial(context.Background(), "tcp", "a.example:443"); !errors.As(err, &foreign) || !strings.HasPrefix(err.Error(), "simk calls webhooks on loopback only") {
		t.Errorf("a foreign address: %v", err)
	}
	for range 2 {
		_, _ = w.ResolveEndpoint("hooks", "gone", 443)
	}
	want := []string{"CustomResourceDefinition d.example.com", "MutatingWebhookConfiguration by-url",
		"CustomResourceDefinition e.example.com", "MutatingWebhookConfiguration by-service", "ValidatingWebhookConfiguration check"}
	if got := w.list(); !slices.Equal(got, want) {
		t.Errorf("not called: %q, want %q", got, want)
	}
}

// Clients of webhooks are upstream's, without its way through proxies, and in real time.
func TestClientsOfWebhooks(t *testing.T) {
	upstream, err := webhook.NewDefaultAuthenticationInfoResolver("")
	if err != nil {
		t.Fatal(err)
	}
	w := cachedWebhooks(t)
	for what, get := range map[string]func(webhook.AuthenticationInfoResolver) (proxy func(*http.Request) (*url.URL, error), timeout time.Duration, err error){
		"url": func(r webhook.AuthenticationInfoResolver) (func(*http.Request) (*url.URL, error), time.Duration, error) {
			c, err := r.ClientConfigFor("127.0.0.1:9443")
			return c.Proxy, c.Timeout, err
		},
		"service": func(r webhook.AuthenticationInfoResolver) (func(*http.Request) (*url.URL, error), time.Duration, error) {
			c, err := r.ClientConfigForService("hook", "hooks", 443)
			return c.Proxy, c.Timeout, err
		},
	} {
		proxy, timeout, err := get(w.clients(upstream))
		if err != nil || proxy == nil || timeout != webhookTimeout {
			t.Errorf("%s: proxy %v, timeout %v, %v", what, proxy != nil, timeout, err)
		}
	}
	rt := &http.Transport{}
	holdWebhook(rt)
	if got := rt.TLSClientConfig.Time(); clock.Wall().Sub(got).Abs() > time.Minute {
		t.Errorf("certificates are valid at %v", got)
	}
	r, _ := http.NewRequest(http.MethodPost, "https://127.0.0.1:9443", nil)
	if got := webhookLimit(r); got != webhookTimeout {
		t.Errorf("without a deadline a call may take %v", got)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if got := webhookLimit(r.WithContext(ctx)); got != 3*time.Second {
		t.Errorf("with a deadline of 3s a call may take %v", got)
	}
}
