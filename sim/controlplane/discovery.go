package controlplane

import (
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
)

// cachedDiscovery remembers what the apiserver serves. The garbage collector
// and the quota controller ask every 30 seconds; the answer only changes with
// custom resource definitions, after which Invalidate is called.
type cachedDiscovery struct {
	discovery.CachedDiscoveryInterface

	mu                    sync.Mutex
	preferred, namespaced []*metav1.APIResourceList
}

func newCachedDiscovery(d discovery.DiscoveryInterface) *cachedDiscovery {
	return &cachedDiscovery{CachedDiscoveryInterface: memory.NewMemCacheClient(d)}
}

// Invalidate implements discovery.CachedDiscoveryInterface.
func (c *cachedDiscovery) Invalidate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.preferred, c.namespaced = nil, nil
	c.CachedDiscoveryInterface.Invalidate()
}

// ServerPreferredResources implements discovery.ServerResourcesInterface.
func (c *cachedDiscovery) ServerPreferredResources() ([]*metav1.APIResourceList, error) {
	return c.remember(&c.preferred, c.CachedDiscoveryInterface.ServerPreferredResources)
}

// ServerPreferredNamespacedResources implements discovery.ServerResourcesInterface.
func (c *cachedDiscovery) ServerPreferredNamespacedResources() ([]*metav1.APIResourceList, error) {
	return c.remember(&c.namespaced, c.CachedDiscoveryInterface.ServerPreferredNamespacedResources)
}

// resourceLists are what discovery answers.
type resourceLists = []*metav1.APIResourceList

func (c *cachedDiscovery) remember(memory *resourceLists, ask func() (resourceLists, error)) (resourceLists, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if *memory != nil {
		return *memory, nil
	}
	lists, err := ask()
	if err == nil {
		*memory = lists
	}
	return lists, err
}

// Mapping says which resource serves a kind.
func (c *ControlPlane) Mapping(kind schema.GroupVersionKind) (*meta.RESTMapping, error) {
	mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		return nil, fmt.Errorf("the apiserver does not serve kind %s of %s", kind.Kind, kind.GroupVersion())
	}
	return mapping, err
}

// RESTMapper is what Mapping asks.
func (c *ControlPlane) RESTMapper() meta.RESTMapper { return c.mapper }

// InvalidateDiscovery forgets what the apiserver served: call it after custom
// resource definitions changed.
func (c *ControlPlane) InvalidateDiscovery() { c.mapper.Reset() }
