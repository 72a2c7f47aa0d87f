package config

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// Slices of one driver on a node are a pool of the node's name, unless they name another.
func TestSlices(t *testing.T) {
	c, err := Parse("a.yaml", []byte(head+`nodeGroups:
- name: a
  max: 1
  machine: m5.large
  template:
    resourceSlices:
    - {driver: gpu.example.com, devices: [{name: a, capacity: {memory: {value: 80Gi}}}]}
    - {driver: gpu.example.com, devices: [{name: b, attributes: {model: {string: x}}}]}
    - {driver: gpu.example.com, pool: {name: shared}, devices: [{name: a}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	slices := c.NodeGroups[0].Template.Slices("a-7")
	if len(slices) != 3 {
		t.Fatalf("%d slices", len(slices))
	}
	for i, want := range []struct {
		name, pool string
		count      int64
	}{{"a-7-gpu.example.com-1", "a-7", 2}, {"a-7-gpu.example.com-2", "a-7", 2}, {"a-7-gpu.example.com-3", "a-7/shared", 1}} {
		s := slices[i]
		if s.Name != want.name || s.Spec.Pool.Name != want.pool || s.Spec.Pool.ResourceSliceCount != want.count || *s.Spec.NodeName != "a-7" {
			t.Errorf("slice %s in pool %+v of node %s", s.Name, s.Spec.Pool, *s.Spec.NodeName)
		}
	}
	if q := slices[0].Spec.Devices[0].Capacity["memory"]; q.Value.String() != "80Gi" {
		t.Errorf("memory %s", q.Value.String())
	}
}

// A driver for the catalogue's machine publishes its GPUs, each with an identity of its own, and
// they are no extended resource then. Without, nothing is different.
func TestDeviceDriver(t *testing.T) {
	c, err := Parse("a.yaml", []byte(head+`nodeGroups:
- {name: a, max: 1, machine: g5.12xlarge, template: {deviceDriver: gpu.nvidia.com}}
- {name: b, max: 1, machine: g5.12xlarge}
- {name: c, max: 1, machine: g5.12xlarge, template: {deviceDriver: gpu.nvidia.com, capacity: {nvidia.com/gpu: 4}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	const gpu = corev1.ResourceName("nvidia.com/gpu")
	for i, want := range []struct {
		slices int
		gpus   int64
	}{{1, 0}, {0, 4}, {1, 4}} {
		template := &c.NodeGroups[i].Template
		q := template.Capacity[gpu]
		if slices := template.Slices("n"); len(slices) != want.slices || q.Value() != want.gpus {
			t.Errorf("group %d: %d slices, %d GPUs", i, len(slices), q.Value())
		}
	}
	template := &c.NodeGroups[0].Template
	devices, others := template.Slices("a-1")[0].Spec.Devices, template.Slices("a-2")[0].Spec.Devices
	seen := map[string]bool{}
	for _, d := range append(devices, others...) {
		id := *d.Attributes["uuid"].StringValue
		if !strings.HasPrefix(id, "GPU-") || seen[id] {
			t.Errorf("device %s has the identity %q", d.Name, id)
		}
		seen[id] = true
		memory := d.Capacity["memory"].Value
		if *d.Attributes["productName"].StringValue != "NVIDIA A10G" || *d.Attributes["type"].StringValue != "gpu" || memory.Value() != 23028<<20 {
			t.Errorf("device %+v", d)
		}
	}
	if len(seen) != 8 {
		t.Errorf("%d devices on two machines", len(seen))
	}
	if !template.SameDevices(&c.NodeGroups[2].Template) || template.SameDevices(&c.NodeGroups[1].Template) {
		t.Error("devices are compared wrongly")
	}
}
