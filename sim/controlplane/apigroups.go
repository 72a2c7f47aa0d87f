package controlplane

import (
	"fmt"
	"net/http"
	"strings"

	apidiscoveryv2 "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/endpoints/discovery"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
)

// APIGroup is a version of an API group that somebody in this process serves, as servers behind
// an APIService do elsewhere.
type APIGroup struct {
	// Owner is whose it is, for messages.
	Owner string
	// Resources are what discovery says is there.
	Resources metav1.APIResourceList
	// Handler answers requests below /apis/GROUP/VERSION/.
	Handler http.Handler
}

// addAPIGroups lets a server serve further groups: their discovery, in both forms, and their
// requests, which have passed the chain of filters.
func addAPIGroups(server *genericapiserver.GenericAPIServer, groups []APIGroup) error {
	known := map[string]*metav1.APIGroup{}
	for _, g := range groups {
		gv, err := schema.ParseGroupVersion(g.Resources.GroupVersion)
		switch {
		case err != nil || gv.Group == "" || gv.Version == "" || g.Handler == nil:
			return fmt.Errorf("%s serves API group %q: want GROUP/VERSION and a handler", g.Owner, g.Resources.GroupVersion)
		case legacyscheme.Scheme.IsGroupRegistered(gv.Group):
			return fmt.Errorf("%s serves API group %s, which is Kubernetes' own", g.Owner, gv.Group)
		}
		prefix := genericapiserver.APIGroupPrefix + "/" + gv.String()
		mux := server.Handler.NonGoRestfulMux
		mux.HandlePrefix(prefix+"/", g.Handler)
		list := g.Resources
		list.Kind, list.APIVersion = "APIResourceList", "v1"
		mux.Handle(prefix, discovery.NewAPIVersionHandler(server.Serializer, gv, fixedResources(list.APIResources)))
		server.AggregatedDiscoveryGroupManager.AddGroupVersion(gv.Group, apidiscoveryv2.APIVersionDiscovery{
			Freshness: apidiscoveryv2.DiscoveryFreshnessCurrent, Version: gv.Version, Resources: aggregatedResources(gv, list.APIResources),
		})
		version := metav1.GroupVersionForDiscovery{GroupVersion: gv.String(), Version: gv.Version}
		if group := known[gv.Group]; group != nil {
			group.Versions = append(group.Versions, version)
			continue
		}
		known[gv.Group] = &metav1.APIGroup{Name: gv.Group, Versions: []metav1.GroupVersionForDiscovery{version}, PreferredVersion: version}
	}
	for _, g := range groups {
		gv, _ := schema.ParseGroupVersion(g.Resources.GroupVersion) // parsed above
		if group := known[gv.Group]; group != nil {
			server.DiscoveryGroupManager.AddGroup(*group)
			path := genericapiserver.APIGroupPrefix + "/" + gv.Group
			server.Handler.NonGoRestfulMux.Handle(path, discovery.NewAPIGroupHandler(server.Serializer, *group))
			delete(known, gv.Group)
		}
	}
	return nil
}

// fixedResources implements discovery.APIResourceLister.
type fixedResources []metav1.APIResource

// ListAPIResources returns them.
func (r fixedResources) ListAPIResources() []metav1.APIResource { return r }

// aggregatedResources are resources as aggregated discovery has them: subresources below theirs.
func aggregatedResources(gv schema.GroupVersion, list []metav1.APIResource) []apidiscoveryv2.APIResourceDiscovery {
	var all []apidiscoveryv2.APIResourceDiscovery
	for i := range list {
		r := &list[i]
		kind := metav1.GroupVersionKind{Group: gv.Group, Version: gv.Version, Kind: r.Kind}
		if parent, sub, ok := strings.Cut(r.Name, "/"); ok {
			for j := range all {
				if all[j].Resource == parent {
					one := apidiscoveryv2.APISubresourceDiscovery{Subresource: sub, ResponseKind: &kind, Verbs: r.Verbs}
					all[j].Subresources = append(all[j].Subresources, one)
				}
			}
			continue
		}
		scope := apidiscoveryv2.ScopeCluster
		if r.Namespaced {
			scope = apidiscoveryv2.ScopeNamespace
		}
		all = append(all, apidiscoveryv2.APIResourceDiscovery{
			Resource: r.Name, ResponseKind: &kind, Scope: scope, SingularResource: r.SingularName,
			Verbs: r.Verbs, ShortNames: r.ShortNames, Categories: r.Categories,
		})
	}
	return all
}
