package karpenter

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/scheduling"

	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/autoscale/groups"
)

// noZone is the zone of a group that has none: Karpenter knows no machine without.
const noZone = "default"

// offer is a group's machine in a zone.
type offer struct {
	group        *groups.Group
	zone         string
	capacityType string
	price        float64 // an hour
	requirements scheduling.Requirements
}

// shape is an instance type: groups of the same machine, size and devices are one.
type shape struct {
	name        string
	capacity    corev1.ResourceList
	allocatable corev1.ResourceList
	labels      map[string]string    // that all its groups have
	template    *config.NodeTemplate // of the first group: all have its devices
	offers      []*offer
}

// newCatalogue makes instance types of groups, in their order.
func newCatalogue(list []*groups.Group) []*shape {
	keys := labelKeys(list)
	var shapes []*shape
	for _, g := range list {
		node := g.Template()
		s := findShape(&shapes, g.Config(), node)
		zones := g.Config().Zones
		if len(zones) == 0 {
			zones = []string{noZone}
		}
		for _, zone := range zones {
			s.offers = append(s.offers, newOffer(g, zone, node, keys))
		}
	}
	return shapes
}

// findShape returns the group's instance type, a new one if there is none. It is named after
// the machine or, if that is taken by another size, after the group.
func findShape(shapes *[]*shape, g *config.NodeGroup, node *corev1.Node) *shape {
	arch := node.Labels[corev1.LabelArchStable]
	capacity, allocatable := withPods(node.Status.Capacity), withPods(node.Status.Allocatable)
	name := g.Machine
	if name == "" {
		name = g.Name
	}
	for _, s := range *shapes {
		if s.name != name {
			continue
		}
		sameSize := equality.Semantic.DeepEqual(s.capacity, capacity) && equality.Semantic.DeepEqual(s.allocatable, allocatable)
		if s.labels[corev1.LabelArchStable] == arch && sameSize && s.template.SameDevices(&g.Template) {
			return s
		}
		name = g.Name
	}
	s := &shape{
		name: name, capacity: capacity, allocatable: allocatable, template: &g.Template,
		labels: map[string]string{
			corev1.LabelInstanceTypeStable: name, corev1.LabelArchStable: arch,
			corev1.LabelOSStable: node.Labels[corev1.LabelOSStable],
		},
	}
	*shapes = append(*shapes, s)
	return s
}

// withPods fills in how many pods a node takes if nothing else is said.
func withPods(list corev1.ResourceList) corev1.ResourceList {
	if _, ok := list[corev1.ResourcePods]; ok {
		return list
	}
	list = maps.Clone(list)
	list[corev1.ResourcePods] = resource.MustParse("110")
	return list
}

// labelKeys are the keys of labels that groups add to their nodes. Karpenter must
// know them all: it lets a pod ask only for what it knows or what the NodePool has.
func labelKeys(list []*groups.Group) []string {
	keys := map[string]bool{groups.GroupLabel: true}
	for _, g := range list {
		for key := range g.Config().Template.Labels {
			if !fixed[key] {
				keys[key] = true
			}
		}
	}
	sorted := slices.Sorted(maps.Keys(keys))
	karpv1.WellKnownLabels.Insert(sorted...)
	return sorted
}

func newOffer(g *groups.Group, zone string, node *corev1.Node, keys []string) *offer {
	o := &offer{group: g, zone: zone, capacityType: capacityType(g.Config()), price: price(g.Config())}
	o.requirements = scheduling.NewLabelRequirements(map[string]string{
		corev1.LabelTopologyZone: zone, karpv1.CapacityTypeLabelKey: o.capacityType,
	})
	for _, key := range keys {
		if value, ok := node.Labels[key]; ok {
			o.requirements.Add(scheduling.NewRequirement(key, corev1.NodeSelectorOpIn, value))
		} else {
			o.requirements.Add(scheduling.NewRequirement(key, corev1.NodeSelectorOpDoesNotExist))
		}
	}
	return o
}

// fixed are labels that are the instance type's, or decided by zone and kind.
var fixed = map[string]bool{
	corev1.LabelInstanceTypeStable: true, corev1.LabelArchStable: true, corev1.LabelOSStable: true,
	corev1.LabelTopologyZone: true, karpv1.CapacityTypeLabelKey: true, corev1.LabelHostname: true,
}

// Prices an hour where the file gives none. They are those with which Karpenter's
// own simulated cloud, kwok, weighs cpu against memory; a spot machine costs less.
const (
	pricePerCPU = 0.025
	pricePerGiB = 0.001
	pricePerGPU = 1
	spotShare   = 0.7
)

// price is what Karpenter compares.
func price(g *config.NodeGroup) float64 {
	if g.PricePerHour != nil {
		return g.PricePerHour.AsApproximateFloat64()
	}
	c := g.Template.Capacity
	p := c.Cpu().AsApproximateFloat64()*pricePerCPU + c.Memory().AsApproximateFloat64()/(1<<30)*pricePerGiB
	if m, ok := config.FindMachine(g.Machine); ok {
		p += float64(m.GPUs) * pricePerGPU
	}
	if g.Spot != nil {
		p *= spotShare
	}
	return p
}

// instanceType is a shape as Karpenter sees it now.
func (s *shape) instanceType(available func(*offer) bool) *cloudprovider.InstanceType {
	t := &cloudprovider.InstanceType{
		Name: s.name, Capacity: s.capacity, Requirements: scheduling.NewLabelRequirements(s.labels),
		Overhead:         &cloudprovider.InstanceTypeOverhead{KubeReserved: corev1.ResourceList{}},
		DynamicResources: dynamicResources(s.template, s.name),
	}
	for name, total := range s.capacity {
		reserved := total.DeepCopy()
		reserved.Sub(s.allocatable[name])
		t.Overhead.KubeReserved[name] = reserved
	}
	var zones, types []string
	for _, o := range s.offers {
		zones, types = append(zones, o.zone), append(types, o.capacityType)
		t.Offerings = append(t.Offerings, &cloudprovider.Offering{Requirements: o.requirements, Price: o.price, Available: available(o)})
	}
	t.Requirements.Add(
		scheduling.NewRequirement(corev1.LabelTopologyZone, corev1.NodeSelectorOpIn, zones...),
		scheduling.NewRequirement(karpv1.CapacityTypeLabelKey, corev1.NodeSelectorOpIn, types...),
		scheduling.NewRequirement(corev1.LabelWindowsBuild, corev1.NodeSelectorOpDoesNotExist),
	)
	return t
}
