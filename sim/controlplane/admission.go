package controlplane

import (
	"io"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/mutating"
	"k8s.io/apiserver/pkg/server/options"
	kubeoptions "k8s.io/kubernetes/pkg/kubeapiserver/options"
	"k8s.io/kubernetes/plugin/pkg/admission/serviceaccount"
)

// Admission is as kube-apiserver's with default flags, less what a replay leaves out. See also
// docs/fidelity.md.

// setAdmission chooses the plugins.
func setAdmission(admit *options.AdmissionOptions, o Options) {
	on := sets.New(admit.RecommendedPluginOrder...).Difference(kubeoptions.DefaultOffAdmissionPlugins())
	if !o.withPolicies() {
		on.Delete(pluginsWithoutPolicies...)
	}
	if !o.Interactive {
		on.Delete(pluginsOfWebhooks...)
		admit.Plugins.Register(ownershipPlugin, newOwnership)
		admit.RecommendedPluginOrder = append(admit.RecommendedPluginOrder, ownershipPlugin)
		on.Insert(ownershipPlugin)
		replaceAccounts(admit, on)
	}
	addPlugins(admit, on, o.Admission)
	admit.EnablePlugins = sets.List(on)
	admit.DisablePlugins = sets.List(sets.New(admit.RecommendedPluginOrder...).Difference(on))
	admit.Decorators = nil // metrics
}

// addPlugins adds plugins of parts where webhooks stand, in the order of their names.
func addPlugins(admit *options.AdmissionOptions, on sets.Set[string], plugins map[string]admission.Interface) {
	for _, name := range slices.Sorted(maps.Keys(plugins)) {
		admit.Plugins.Register(name, func(io.Reader) (admission.Interface, error) { return plugins[name], nil })
		i := slices.Index(admit.RecommendedPluginOrder, mutating.PluginName)
		admit.RecommendedPluginOrder = slices.Insert(slices.Clone(admit.RecommendedPluginOrder), i, name)
		on.Insert(name)
	}
}

// accountsPlugin is upstream's plugin ServiceAccount without the token that it mounts into each
// pod, which no container of a replay reads.
const accountsPlugin = "SimkServiceAccount"

// replaceAccounts puts accountsPlugin in the place of upstream's.
func replaceAccounts(admit *options.AdmissionOptions, on sets.Set[string]) {
	admit.Plugins.Register(accountsPlugin, func(io.Reader) (admission.Interface, error) {
		plugin := serviceaccount.NewServiceAccount()
		plugin.MountServiceAccountToken = false
		return plugin, nil
	})
	i := slices.Index(admit.RecommendedPluginOrder, serviceaccount.PluginName)
	admit.RecommendedPluginOrder = slices.Insert(slices.Clone(admit.RecommendedPluginOrder), i, accountsPlugin)
	on.Delete(serviceaccount.PluginName)
	on.Insert(accountsPlugin)
}
