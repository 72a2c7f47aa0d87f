package config

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
)

// maxSize bounds a group: more nodes than any Kubernetes cluster can have.
const maxSize = 100_000

// maxPrice bounds the price of an hour, so that sums of billionths have room.
const maxPrice = 1_000_000

// complete fills in defaults and says what is wrong.
func (c *Config) complete() error {
	if c.APIVersion != APIVersion {
		return faultf("apiVersion", "want %q, found %q", APIVersion, c.APIVersion)
	}
	if c.Kind != Kind {
		return faultf("kind", "want %q, found %q", Kind, c.Kind)
	}
	modes := []Mode{ModeNone, ModeClusterAutoscaler, ModeExternalGRPC, ModeKarpenter}
	if c.Mode == "" {
		c.Mode = ModeClusterAutoscaler
	}
	if !slices.Contains(modes, c.Mode) {
		return faultf("mode", "no mode %q; there are none, cluster-autoscaler, external-grpc and karpenter", c.Mode)
	}
	if len(c.NodeGroups) == 0 {
		return faultf("nodeGroups", "there are none: what would grow?")
	}
	names := map[string]bool{}
	for i := range c.NodeGroups {
		g, path := &c.NodeGroups[i], fmt.Sprintf("nodeGroups[%d]", i)
		if names[g.Name] {
			return faultf(path+".name", "there are two groups %q", g.Name)
		}
		names[g.Name] = true
		if err := g.complete(path); err != nil {
			return err
		}
		if err := g.StartupTaints.complete(path+".startupTaints", &c.ClusterAutoscaler); err != nil {
			return err
		}
	}
	for i, r := range c.Schedule {
		if err := r.validate(fmt.Sprintf("schedule[%d]", i), names); err != nil {
			return err
		}
	}
	return c.ClusterAutoscaler.validate()
}

func (g *NodeGroup) complete(path string) error {
	switch problems := validation.IsDNS1123Label(g.Name); {
	case g.Name == "":
		return faultf(path+".name", "is missing")
	case len(problems) > 0:
		return faultf(path+".name", "%q: %s", g.Name, problems[0])
	case g.Min < 0:
		return faultf(path+".min", "%d is negative", g.Min)
	case g.Max < g.Min:
		return faultf(path+".max", "%d is less than min, which is %d", g.Max, g.Min)
	case g.Max > maxSize:
		return faultf(path+".max", "%d is more than %d", g.Max, maxSize)
	case g.Initial != nil && (*g.Initial < g.Min || *g.Initial > g.Max):
		return faultf(path+".initial", "%d is not between min, %d, and max, %d", *g.Initial, g.Min, g.Max)
	case g.PricePerHour != nil && g.PricePerHour.Sign() < 0:
		return faultf(path+".pricePerHour", "%s is negative", g.PricePerHour)
	case g.PricePerHour != nil && g.PricePerHour.CmpInt64(maxPrice) > 0:
		return faultf(path+".pricePerHour", "%s is more than %d", g.PricePerHour, maxPrice)
	}
	if g.Machine != "" {
		machine, ok := FindMachine(g.Machine)
		if !ok {
			return faultf(path+".machine",
				"the built-in catalogue (autoscale/config/machines.csv) has no machine %q; give template.capacity instead", g.Machine)
		}
		if err := g.Template.completeDevices(path+".template", &machine); err != nil {
			return err
		}
		g.Template.completeFrom(machine)
	} else if g.Template.DeviceDriver != "" {
		return faultf(path+".template.deviceDriver",
			"publishes the devices of the catalogue's machine, and the group names none; give template.resourceSlices instead")
	}
	if err := g.Template.validate(path + ".template"); err != nil {
		return err
	}
	for i, z := range g.Zones {
		if problems := validation.IsValidLabelValue(z); z == "" || len(problems) > 0 {
			return faultf(fmt.Sprintf("%s.zones[%d]", path, i), "%q is no zone", z)
		}
	}
	if s := g.Spot; s != nil && (!(s.InterruptionsPerHour >= 0) || s.InterruptionsPerHour > 1000 || s.Notice.Duration < 0) {
		return faultf(path+".spot", "want 0 to 1000 interruptions an hour and a notice that is not negative")
	}
	if t := g.Options.ScaleDownUtilizationThreshold; t != nil && !(*t >= 0 && *t <= 1) {
		return faultf(path+".options.scale-down-utilization-threshold", "%v is not between 0 and 1", *t)
	}
	return g.Provisioning.validate(path + ".provisioning")
}

func (t *NodeTemplate) validate(path string) error {
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		if q, ok := t.Capacity[name]; !ok || q.Sign() <= 0 {
			return faultf(path+".capacity", "has no %s: give it, or name a machine of the catalogue", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Capacity)) {
		most := int64(math.MaxInt64)
		if name == corev1.ResourceCPU {
			most /= 1000 // it is counted in thousandths
		}
		if q := t.Capacity[name]; q.CmpInt64(most) >= 0 || q.Sign() < 0 {
			return faultf(path+".capacity", "%s of %s is negative or more than Kubernetes computes with", q.String(), name)
		}
	}
	for name, q := range t.Allocatable {
		if capacity, ok := t.Capacity[name]; ok && q.Cmp(capacity) > 0 {
			return faultf(path+".allocatable", "%s of %s is more than the capacity, %s", q.String(), name, capacity.String())
		}
	}
	if err := t.validateSlices(path + ".resourceSlices"); err != nil {
		return err
	}
	for i, taint := range t.Taints {
		effects := []corev1.TaintEffect{corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute}
		if taint.Key == "" || !slices.Contains(effects, taint.Effect) {
			return faultf(fmt.Sprintf("%s.taints[%d]", path, i), "want a key and the effect NoSchedule, PreferNoSchedule or NoExecute")
		}
	}
	return nil
}

func (p *Provisioning) validate(path string) error {
	if err := p.Delay.validate(path + ".delay"); err != nil {
		return err
	}
	if err := p.Boot.validate(path + ".boot"); err != nil {
		return err
	}
	if f := p.FailureProbability; math.IsNaN(f) || f < 0 || f > 1 {
		return faultf(path+".failureProbability", "%v is not between 0 and 1", f)
	}
	for i, w := range p.OutOfCapacity {
		if w.From.Duration < 0 || w.To.Duration <= w.From.Duration {
			return faultf(fmt.Sprintf("%s.outOfCapacity[%d]", path, i), "from %v to %v is no span of time", w.From.Duration, w.To.Duration)
		}
	}
	return nil
}

func (r *Resize) validate(path string, groups map[string]bool) error {
	if r.At.Duration < 0 || r.Every.Duration < 0 {
		return faultf(path, "at and every must not be negative")
	}
	if len(r.Sizes) == 0 {
		return faultf(path+".sizes", "are missing")
	}
	for name, size := range r.Sizes {
		if !groups[name] {
			return faultf(path+".sizes."+name, "there is no group of that name")
		}
		if size < 0 {
			return faultf(path+".sizes."+name, "%d is negative", size)
		}
	}
	return nil
}

func (a *ClusterAutoscaler) validate() error {
	known := []string{"least-waste", "least-nodes", "random", "most-pods", "price", "priority"}
	for _, e := range strings.Split(a.Expander, ",") {
		if e == "grpc" {
			return faultf("clusterAutoscaler.expander", "the expander grpc asks a server, which a replay does not; "+
				"in simk up your own Cluster Autoscaler can, with mode: %s", ModeExternalGRPC)
		}
		if e != "" && !slices.Contains(known, e) {
			return faultf("clusterAutoscaler.expander", "no expander %q; there are %s", e, strings.Join(known, ", "))
		}
	}
	for _, patterns := range a.ExpanderPriorities {
		for _, p := range patterns {
			if _, err := regexp.Compile(p); err != nil {
				return faultf("clusterAutoscaler.expander-priorities", "%v", err)
			}
		}
	}
	for _, b := range []struct{ name, text string }{{"cores-total", a.CoresTotal}, {"memory-total", a.MemoryTotal}} {
		if _, _, err := ParseBounds(b.text); b.text != "" && err != nil {
			return faultf("clusterAutoscaler."+b.name, "%v", err)
		}
	}
	if t := a.ScaleDownUtilizationThreshold; t != nil && !(*t >= 0 && *t <= 1) {
		return faultf("clusterAutoscaler.scale-down-utilization-threshold", "%v is not between 0 and 1", *t)
	}
	if len(a.BalancingLabel) > 0 && len(a.BalancingIgnoreLabel) > 0 {
		return faultf("clusterAutoscaler.balancing-label", "cannot be used together with balancing-ignore-label")
	}
	if a.ScanInterval.Duration < 0 {
		return faultf("clusterAutoscaler.scan-interval", "is negative")
	}
	return nil
}

// ParseBounds reads the bounds of a resource, "min:max".
func ParseBounds(text string) (low, high int64, err error) {
	from, to, ok := strings.Cut(text, ":")
	low, err1 := strconv.ParseInt(from, 10, 64)
	high, err2 := strconv.ParseInt(to, 10, 64)
	if !ok || err1 != nil || err2 != nil || low < 0 || low > high {
		return 0, 0, fmt.Errorf("%q is not <min>:<max>, two whole numbers of which the first is not larger, as in 0:100", text)
	}
	return low, high, nil
}

// completeFrom fills in what the template leaves to the machine.
func (t *NodeTemplate) completeFrom(m Machine) {
	fill := func(to *corev1.ResourceList, from corev1.ResourceList) {
		if *to == nil {
			*to = corev1.ResourceList{}
		}
		for name, q := range from {
			if _, ok := (*to)[name]; !ok {
				(*to)[name] = q
			}
		}
	}
	capacity := m.Capacity()
	fill(&t.Capacity, capacity)
	if t.Labels == nil {
		t.Labels = map[string]string{}
	}
	if _, ok := t.Labels[corev1.LabelArchStable]; !ok && m.Arch != "" {
		t.Labels[corev1.LabelArchStable] = m.Arch
	}
}

// Capacity is a machine's as a node would report it.
func (m Machine) Capacity() corev1.ResourceList {
	c := corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewQuantity(m.CPU, resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(m.MemoryMiB<<20, resource.BinarySI),
		corev1.ResourcePods:   *resource.NewQuantity(m.MaxPods, resource.DecimalSI),
	}
	if m.GPUs > 0 {
		c[corev1.ResourceName(m.GPUResource)] = *resource.NewQuantity(m.GPUs, resource.DecimalSI)
	}
	return c
}
