package config

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const head = "apiVersion: simk.dev/v1\nkind: Autoscaler\n"

// full has something of everything.
const full = head + `mode: cluster-autoscaler
nodeGroups:
- name: general
  min: 1
  max: 10
  machine: m6i.xlarge
  pricePerHour: 0.192
  zones: [a, b]
  template:
    allocatable: {cpu: 3920m}
    resourceSlices: [{driver: gpu.example.com, pool: {name: x}, devices: [{name: gpu-0, attributes: {model: {string: b}}}]}]
  provisioning:
    delay: 60s
    boot: {distribution: uniform, min: 10s, max: 30s}
  startupTaints: {after: 30s}
clusterAutoscaler:
  scan-interval: 20s
  scale-down-utilization-threshold: 0.4
schedule:
- {at: 8h, every: 24h, sizes: {general: 5}}
`

func TestParse(t *testing.T) {
	c, err := Parse("a.yaml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	g := c.NodeGroups[0]
	if cpu, memory := g.Template.Capacity[corev1.ResourceCPU], g.Template.Capacity[corev1.ResourceMemory]; cpu.String() != "4" || memory.String() != "16Gi" {
		t.Errorf("a machine of %s CPUs and %s", cpu.String(), memory.String())
	}
	if g.Provisioning.Delay.Value != time.Minute || g.Provisioning.Boot.Max.Duration != 30*time.Second {
		t.Errorf("provisioning %+v", g.Provisioning)
	}
	if g.PricePerHour.AsApproximateFloat64() != 0.192 || *c.ClusterAutoscaler.ScaleDownUtilizationThreshold != 0.4 {
		t.Errorf("price %v, options %+v", g.PricePerHour, c.ClusterAutoscaler)
	}
}

// mistakes are files without their head, and what is said about each.
var mistakes = map[string]struct{ text, want string }{
	"min above max":   {"nodeGroups:\n- {name: a, min: 3, max: 2, machine: m5.large}", "a.yaml:4:21: nodeGroups[0].max: 2 is less than min, which is 3"},
	"unknown mode":    {"mode: magic\nnodeGroups:\n- {name: a, max: 2, machine: m5.large}", "a.yaml:3:1: mode: no mode \"magic\""},
	"no cpu":          {"nodeGroups:\n- name: a\n  max: 2\n  template: {capacity: {memory: 1Gi}}", "a.yaml:6:14: nodeGroups[0].template.capacity: has no cpu"},
	"duplicate names": {"nodeGroups:\n- {name: a, max: 1, machine: m5.large}\n- {name: a, max: 1, machine: m5.large}", "a.yaml:5:4: nodeGroups[1].name: there are two"},
	"bad price":       {"nodeGroups:\n- {name: a, max: 1, machine: m5.large, pricePerHour: cheap}", "a.yaml:4:40: nodeGroups[0].pricePerHour: "},
	"unknown field":   {"nodeGroups:\n- {name: a, max: 1, machines: m5.large}", "a.yaml:4:21: unknown field"},
	"unknown machine": {"nodeGroups:\n- {name: a, max: 1, machine: abacus}", "a.yaml:4:21: nodeGroups[0].machine"},
	"wrong type":      {"nodeGroups:\n- {name: a, max: many}", "a.yaml:4:13: nodeGroups[0].max: "},
	"unknown group":   {"nodeGroups:\n- {name: a, max: 1, machine: m5.large}\nschedule:\n- {at: 1h, sizes: {b: 1}}", "a.yaml:6:20: schedule[0].sizes.b"},
	"duplicate key":   {"mode: none\nmode: none", "a.yaml"},
	"bad duration":    {"nodeGroups:\n- name: a\n  max: 1\n  machine: m5.large\n  provisioning: {delay: soon}", "a.yaml:7:18: nodeGroups[0].provisioning.delay: "},
	"bad bounds":      {"nodeGroups:\n- {name: a, max: 1, machine: m5.large}\nclusterAutoscaler: {cores-total: \"10\"}", "a.yaml:5:21: clusterAutoscaler.cores-total: "},
	"hasty agent":     {"nodeGroups:\n- {name: a, max: 1, machine: m5.large, startupTaints: {after: 10ms}}", "a.yaml:4:56: nodeGroups[0].startupTaints.after: 10ms is less than 1s"},
	"agent without":   {"nodeGroups:\n- {name: a, max: 1, machine: m5.large, startupTaints: {}}", "a.yaml:4:40: nodeGroups[0].startupTaints"},
	"no driver":       {"nodeGroups:\n- {name: a, max: 1, machine: m5.large, template: {resourceSlices: [{devices: [{name: x}]}]}}", "a.yaml:4:68: nodeGroups[0].template.resourceSlices[0].driver: is missing"},
	"no devices":      {"nodeGroups:\n- {name: a, max: 1, machine: m5.large, template: {resourceSlices: [{driver: x.y}]}}", "a.yaml:4:68: nodeGroups[0].template.resourceSlices[0]: has neither"},
	"device twice":    {"nodeGroups:\n- {name: a, max: 1, machine: m5.large, template: {resourceSlices: [{driver: x.y, devices: [{name: x}, {name: x}]}]}}", "a.yaml:4:104: nodeGroups[0].template.resourceSlices[0].devices[1].name: there are two"},
	"a node's name":   {"nodeGroups:\n- {name: a, max: 1, machine: m5.large, template: {resourceSlices: [{driver: x.y, nodeName: n, devices: [{name: x}]}]}}", "a.yaml:4:82: unknown field"},
	"no GPUs":         {"nodeGroups:\n- {name: a, max: 1, machine: m5.large, template: {deviceDriver: gpu.nvidia.com}}", "a.yaml:4:51: nodeGroups[0].template.deviceDriver: m5.large has no devices"},
	"driver of none":  {"nodeGroups:\n- {name: a, max: 1, template: {deviceDriver: gpu.nvidia.com, capacity: {cpu: 1, memory: 1Gi}}}", "a.yaml:4:32: nodeGroups[0].template.deviceDriver: "},
	"unknown driver":  {"nodeGroups:\n- {name: a, max: 1, machine: g5.xlarge, template: {deviceDriver: gpu.example.com}}", "a.yaml:4:52: nodeGroups[0].template.deviceDriver: no driver"},
	"bad attribute":   {"nodeGroups:\n- {name: a, max: 1, machine: m5.large, template: {resourceSlices: [{driver: x.y, devices: [{name: x, attributes: {model: {string: yes}}}]}]}}", "a.yaml:4:123: nodeGroups[0].template.resourceSlices[0].devices[0].attributes.model.string: "},
	"not yaml":        {"{", "a.yaml"},

	"section of another mode": {"mode: karpenter\nnodeGroups:\n- {name: a, max: 1, machine: m5.large}\nclusterAutoscaler: {}",
		"a.yaml:6:1: clusterAutoscaler: mode karpenter does not look at this section; take it out, or set mode: cluster-autoscaler"},
	"Karpenter's in the default mode": {"nodeGroups:\n- {name: a, max: 1, machine: m5.large}\nkarpenter: {batchIdleDuration: 2s}",
		"a.yaml:5:1: karpenter: mode cluster-autoscaler does not look at this section; take it out, or set mode: karpenter"},
	"a group's options": {"mode: karpenter\nnodeGroups:\n- {name: a, max: 1, machine: m5.large, options: {scale-down-unneeded-time: 2m}}",
		"a.yaml:5:40: nodeGroups[0].options: are the Cluster Autoscaler's; mode karpenter does not look at them"},
	"flags of one's own": {"mode: external-grpc\nnodeGroups:\n- {name: a, max: 1, machine: m5.large}\nclusterAutoscaler: {startup-taint: [a], expander: price}",
		"a.yaml:6:41: clusterAutoscaler.expander: mode external-grpc does not look at it; take it out, and give your own"},
}

// Each mistake is told with the place of it.
func TestMistakes(t *testing.T) {
	for name, test := range mistakes {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("a.yaml", []byte(head+test.text))
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %s...", err, test.want)
			}
		})
	}
}

// With the mode none sections of all may stay, and startup taints are told by flags in other modes too.
func TestSectionsThatMayStay(t *testing.T) {
	for _, text := range []string{
		"mode: none\nnodeGroups:\n- {name: a, max: 1, machine: m5.large, options: {scale-down-unneeded-time: 2m}}\nclusterAutoscaler: {expander: price}\nkarpenter: {batchIdleDuration: 2s}",
		"mode: external-grpc\nnodeGroups:\n- {name: a, max: 1, machine: m5.large}\nclusterAutoscaler: {startup-taint: [a]}",
	} {
		if _, err := Parse("a.yaml", []byte(head+text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Machines() {
		if m.Name == "" || seen[m.Name] || m.CPU <= 0 || m.MemoryMiB <= 0 || m.MaxPods <= 0 || (m.GPUs > 0) != (m.GPUResource != "") ||
			(m.GPUs > 0) != (m.GPUProduct != "") || (m.GPUs > 0) != (m.GPUMemoryMiB > 0) {
			t.Errorf("machine %+v", m)
		}
		seen[m.Name] = true
	}
}
