package karpenter

import (
	"unique"

	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/kubernetes/pkg/features"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"

	"simk.dev/simk/autoscale/config"
)

// claimsServed says whether the apiserver serves resource claims. Karpenter then counts
// what pods claim; by its own default it leaves such pods alone, for the feature is young.
func claimsServed() bool {
	return utilfeature.DefaultFeatureGate.Enabled(features.DynamicResourceAllocation)
}

// dynamicResources are the devices that drivers will publish on a machine, as Karpenter
// wants to know them of an instance type.
func dynamicResources(t *config.NodeTemplate, instanceType string) cloudprovider.DynamicResources {
	var all cloudprovider.DynamicResources
	for _, s := range t.Slices(instanceType) {
		slice := &cloudprovider.ResourceSliceTemplate{
			Driver: unique.Make(s.Spec.Driver), SharedCounters: s.Spec.SharedCounters,
			Pool: cloudprovider.ResourcePool{Name: unique.Make(s.Spec.Pool.Name)},
		}
		for _, d := range s.Spec.Devices {
			slice.Devices = append(slice.Devices, cloudprovider.Device{
				Name: unique.Make(d.Name), Attributes: d.Attributes, Capacity: d.Capacity,
				AllowMultipleAllocations: ptr.Deref(d.AllowMultipleAllocations, false), ConsumesCounters: d.ConsumesCounters,
			})
		}
		all.ResourceSliceTemplates = append(all.ResourceSliceTemplates, slice)
	}
	return all
}
