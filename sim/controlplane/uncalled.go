package controlplane

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"

	v1 "k8s.io/api/admissionregistration/v1"
	apiextensionslisters "k8s.io/apiextensions-apiserver/pkg/client/listers/apiextensions/v1"
	"k8s.io/apimachinery/pkg/labels"
	listers "k8s.io/client-go/listers/admissionregistration/v1"
)

// WebhooksNotCalled are the objects of an interactive cluster, "Kind name", on whose behalf
// somebody was to be called who is not on loopback, in the order in which that was. In a
// replay, where nobody is called, it is nil.
func (c *ControlPlane) WebhooksNotCalled() []string {
	if c.webhooks == nil {
		return nil
	}
	return c.webhooks.list()
}

// uncalled knows which objects name those that were not called.
type uncalled struct {
	mutating    listers.MutatingWebhookConfigurationLister
	validating  listers.ValidatingWebhookConfigurationLister
	definitions apiextensionslisters.CustomResourceDefinitionLister

	mu    sync.Mutex
	names []string
}

// note looks who names a target that was not called.
func (u *uncalled) note(target string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, name := range u.naming(target) {
		if !slices.Contains(u.names, name) {
			u.names = append(u.names, name)
		}
	}
}

func (u *uncalled) list() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.names)
}

// naming are the objects that name a target. A cache's lister returns no errors.
func (u *uncalled) naming(target string) (names []string) {
	mutating, _ := u.mutating.List(labels.Everything())
	for _, c := range mutating {
		if slices.ContainsFunc(c.Webhooks, func(h v1.MutatingWebhook) bool { return admissionTarget(h.ClientConfig) == target }) {
			names = append(names, "MutatingWebhookConfiguration "+c.Name)
		}
	}
	validating, _ := u.validating.List(labels.Everything())
	for _, c := range validating {
		if slices.ContainsFunc(c.Webhooks, func(h v1.ValidatingWebhook) bool { return admissionTarget(h.ClientConfig) == target }) {
			names = append(names, "ValidatingWebhookConfiguration "+c.Name)
		}
	}
	definitions, _ := u.definitions.List(labels.Everything())
	for _, d := range definitions {
		c := d.Spec.Conversion
		if c == nil || c.Webhook == nil || c.Webhook.ClientConfig == nil {
			continue
		}
		config := c.Webhook.ClientConfig
		isService := config.Service != nil && serviceTarget(config.Service.Namespace, config.Service.Name) == target
		if isService || config.URL != nil && urlTarget(*config.URL) == target {
			names = append(names, "CustomResourceDefinition "+d.Name)
		}
	}
	slices.Sort(names)
	return names
}

func admissionTarget(c v1.WebhookClientConfig) string {
	switch {
	case c.Service != nil:
		return serviceTarget(c.Service.Namespace, c.Service.Name)
	case c.URL != nil:
		return urlTarget(*c.URL)
	}
	return ""
}

func serviceTarget(namespace, name string) string { return "Service " + namespace + "/" + name }

// urlTarget is host and port of a webhook's URL, as they are dialed.
func urlTarget(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	return strings.ToLower(net.JoinHostPort(u.Hostname(), port))
}
