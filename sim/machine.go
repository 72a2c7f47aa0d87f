package sim

import (
	"fmt"
	"regexp"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/spelling"
)

const (
	// defaultMachine is what nodes are like of which nobody said more.
	defaultMachine = "8x32"
	// defaultCount is how many there are when nobody said that either.
	defaultCount = 3
	// defaultPods is how many pods a node takes, as a kubelet has it.
	defaultPods = "110"
	// maxNodes bounds a number of nodes: no cluster has as many.
	maxNodes = 100_000
)

var cpuAndMemory = regexp.MustCompile(`^([1-9][0-9]{0,5})x([1-9][0-9]{0,6})$`)

// machineShape is a kind of node.
type machineShape struct {
	labels   map[string]any
	capacity map[string]any
}

// findMachine returns the shape of a machine of the autoscalers' catalogue, or of CPUs and
// GiB such as 8x32.
func findMachine(name string) (machineShape, error) {
	if m := cpuAndMemory.FindStringSubmatch(name); m != nil {
		return machineShape{capacity: map[string]any{"cpu": m[1], "memory": m[2] + "Gi", "pods": defaultPods}}, nil
	}
	machine, ok := config.FindMachine(name)
	if !ok {
		hint := "it is CPUxGiB such as 8x32, or a type of the catalogue (autoscale/config/machines.csv) such as m5.xlarge"
		if nearest, ok := spelling.Nearest(name, machineNames()); ok {
			hint = "did you mean " + nearest + "?"
		}
		return machineShape{}, fmt.Errorf("no machine %q: %s", name, hint)
	}
	shape := machineShape{labels: map[string]any{corev1.LabelInstanceTypeStable: machine.Name}, capacity: map[string]any{}}
	if machine.Arch != "" {
		shape.labels[corev1.LabelArchStable] = machine.Arch
	}
	for resource, q := range machine.Capacity() {
		shape.capacity[string(resource)] = q.String()
	}
	return shape, nil
}

func machineNames() []string {
	var names []string
	for _, m := range config.Machines() {
		names = append(names, m.Name)
	}
	return names
}

// node is the n-th node of a shape, from 1.
func (m machineShape) node(n int) tracer.Object {
	metadata := map[string]any{"name": "node-" + strconv.Itoa(n)}
	if len(m.labels) > 0 {
		metadata["labels"] = m.labels
	}
	o := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Node", "metadata": metadata, "status": map[string]any{"capacity": m.capacity},
	}}
	return tracer.Object{Unstructured: o.DeepCopy()}
}

// machines are the nodes of a cluster that are a number of one shape.
type machines struct {
	shape machineShape
	count int
}

// machinesOf returns those that the options want, nil for none.
func machinesOf(o *Options) (*machines, error) {
	count, name := o.NodeCount, o.Machine
	if count == 0 && o.DefaultNodes && !o.BringsNodes() {
		count = defaultCount
	}
	switch {
	case count == 0 && name != "":
		return nil, fmt.Errorf("--machine %s says what the nodes are like when --nodes is a number, such as 10", name)
	case count == 0:
		return nil, nil
	case count > maxNodes:
		return nil, fmt.Errorf("%d nodes are more than %d", count, maxNodes)
	case name == "":
		name = defaultMachine
	}
	shape, err := findMachine(name)
	if err != nil {
		return nil, fmt.Errorf("--machine: %w", err)
	}
	return &machines{shape, count}, nil
}

// nodes are the first of them.
func (m *machines) nodes() []tracer.Object {
	var nodes []tracer.Object
	for n := range m.count {
		nodes = append(nodes, m.shape.node(n+1))
	}
	return nodes
}
