package config

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"

	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// ResourceSlice is a slice of the devices of each node, as the spec of a ResourceSlice of
// resource.k8s.io/v1 without what differs from node to node.
type ResourceSlice struct {
	Driver string `json:"driver"`
	// Pool is one of several of the driver on a node.
	Pool           DevicePool              `json:"pool,omitempty"`
	Devices        []resourcev1.Device     `json:"devices,omitempty"`
	SharedCounters []resourcev1.CounterSet `json:"sharedCounters,omitempty"`
}

// DevicePool names a pool of devices of a node: NODE/Name, or NODE if Name is empty.
type DevicePool struct {
	Name string `json:"name,omitempty"`
}

// Slices returns what drivers publish on a node of that name: the ResourceSlices without an
// owner. Nil: nothing.
func (t *NodeTemplate) Slices(node string) []*resourcev1.ResourceSlice {
	pools := map[string]int64{} // slices by driver and pool
	for i := range t.ResourceSlices {
		pools[t.ResourceSlices[i].poolOn(node)]++
	}
	var list []*resourcev1.ResourceSlice
	for i := range t.ResourceSlices {
		s := &t.ResourceSlices[i]
		object := &resourcev1.ResourceSlice{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("%s-%s-%d", node, s.Driver, i+1)},
			Spec: resourcev1.ResourceSliceSpec{
				Driver: s.Driver, NodeName: &node, Devices: s.Devices, SharedCounters: s.SharedCounters,
				Pool: resourcev1.ResourcePool{Name: node, Generation: 1, ResourceSliceCount: pools[s.poolOn(node)]},
			},
		}
		if s.Pool.Name != "" {
			object.Spec.Pool.Name += "/" + s.Pool.Name
		}
		object = object.DeepCopy()
		identify(object)
		list = append(list, object)
	}
	return list
}

func (s *ResourceSlice) poolOn(node string) string {
	return s.Driver + " " + node + "/" + s.Pool.Name
}

// uuid is the attribute that tells GPUs apart.
const uuid = "uuid"

// identify gives each GPU of the catalogue an identity of its own, which follows from its node's
// name.
func identify(s *resourcev1.ResourceSlice) {
	for i := range s.Spec.Devices {
		d := &s.Spec.Devices[i]
		if a, ok := d.Attributes[uuid]; ok && a.StringValue != nil && *a.StringValue == "" {
			sum := sha256.Sum256([]byte(s.Spec.Pool.Name + "/" + d.Name))
			id := fmt.Sprintf("GPU-%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
			d.Attributes[uuid] = resourcev1.DeviceAttribute{StringValue: &id}
		}
	}
}

// deviceDrivers are the drivers for GPUs of the catalogue, by the extended resource with which
// their makers' device plugins report the same GPUs.
var deviceDrivers = map[string]string{"gpu.nvidia.com": "nvidia.com/gpu"}

// completeDevices adds the machine's devices if the template has a driver for them. They are not
// counted as an extended resource then, too, unless the capacity says so.
func (t *NodeTemplate) completeDevices(path string, m *Machine) error {
	if t.DeviceDriver == "" {
		return nil
	}
	path += ".deviceDriver"
	extended, ok := deviceDrivers[t.DeviceDriver]
	switch {
	case !ok:
		return faultf(path, "no driver %q for machines of the catalogue; there is gpu.nvidia.com", t.DeviceDriver)
	case m.GPUs == 0 || m.GPUResource != extended:
		return faultf(path, "%s has no devices for %s", m.Name, t.DeviceDriver)
	}
	slice := ResourceSlice{Driver: t.DeviceDriver}
	for n := range m.GPUs {
		slice.Devices = append(slice.Devices, resourcev1.Device{
			Name: "gpu-" + strconv.FormatInt(n, 10),
			Attributes: map[resourcev1.QualifiedName]resourcev1.DeviceAttribute{
				"type": {StringValue: ptr.To("gpu")}, uuid: {StringValue: ptr.To("")}, "productName": {StringValue: ptr.To(m.GPUProduct)},
			},
			Capacity: map[resourcev1.QualifiedName]resourcev1.DeviceCapacity{
				"memory": {Value: *resource.NewQuantity(m.GPUMemoryMiB<<20, resource.BinarySI)},
			},
		})
	}
	t.ResourceSlices = append(t.ResourceSlices, slice)
	m.GPUs = 0
	return nil
}

// validateSlices finds what would make a pool invalid; what a device may be, the apiserver says.
func (t *NodeTemplate) validateSlices(path string) error {
	names := map[string]bool{}
	for i := range t.ResourceSlices {
		s, at := &t.ResourceSlices[i], fmt.Sprintf("%s[%d]", path, i)
		switch {
		case s.Driver == "":
			return faultf(at+".driver", "is missing")
		case len(s.Devices)+len(s.SharedCounters) == 0:
			return faultf(at, "has neither devices nor sharedCounters")
		}
		for j := range s.Devices {
			name := s.poolOn("") + " " + s.Devices[j].Name
			if names[name] {
				return faultf(fmt.Sprintf("%s.devices[%d].name", at, j), "there are two devices %q in the pool", s.Devices[j].Name)
			}
			names[name] = true
		}
	}
	return nil
}

// SameDevices says whether the nodes of two templates have the same devices, by all that a
// claim can ask for.
func (t *NodeTemplate) SameDevices(other *NodeTemplate) bool {
	return slices.EqualFunc(t.Slices("node"), other.Slices("node"), func(a, b *resourcev1.ResourceSlice) bool {
		return equality.Semantic.DeepEqual(a, b)
	})
}
