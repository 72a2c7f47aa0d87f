package controlplane

import (
	"maps"
	_ "unsafe" // for go:linkname

	"k8s.io/apimachinery/pkg/runtime/schema"
	controlplaneapiserver "k8s.io/kubernetes/pkg/controlplane/apiserver"
)

// apiVersionPriorities are the orders of groups and versions in discovery.
//
//go:linkname apiVersionPriorities k8s.io/kubernetes/cmd/kube-apiserver/app.apiVersionPriorities
var apiVersionPriorities map[schema.GroupVersion]controlplaneapiserver.APIServicePriority

// withPriorities is apiVersionPriorities with further groups, after Kubernetes' own.
func withPriorities(groups []APIGroup) (map[schema.GroupVersion]controlplaneapiserver.APIServicePriority, error) {
	if len(apiVersionPriorities) == 0 {
		return nil, gone("kube-apiserver's apiVersionPriorities")
	}
	if len(groups) == 0 {
		return apiVersionPriorities, nil
	}
	all := maps.Clone(apiVersionPriorities)
	for _, g := range groups {
		if gv, err := schema.ParseGroupVersion(g.Resources.GroupVersion); err == nil { // else addAPIGroups says so
			all[gv] = controlplaneapiserver.APIServicePriority{Group: 100, Version: 100} // as metrics-server's
		}
	}
	return all, nil
}
