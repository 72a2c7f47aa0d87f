package config

import (
	"fmt"
	"slices"

	yamlnode "go.yaml.in/yaml/v3"
)

// unused says what in the document its mode would not look at: a mode that was forgotten or mistyped is
// easily taken for one that has no effect. With ModeNone all may stay, for comparing against.
func (c *Config) unused(document *yamlnode.Node) error {
	if c.Mode == ModeNone {
		return nil
	}
	if has(document, "karpenter") && c.Mode != ModeKarpenter {
		return faultf("karpenter", "mode %s does not look at this section; take it out, or set mode: %s", c.Mode, ModeKarpenter)
	}
	if c.Mode == ModeClusterAutoscaler {
		return nil
	}
	if has(document, "clusterAutoscaler") && c.Mode == ModeKarpenter {
		return faultf("clusterAutoscaler", "mode %s does not look at this section; take it out, or set mode: %s", c.Mode, ModeClusterAutoscaler)
	}
	for _, key := range keys(document, "clusterAutoscaler") {
		if !slices.Contains(startupFlags, key) {
			return faultf("clusterAutoscaler."+key,
				"mode %s does not look at it; take it out, and give your own Cluster Autoscaler the flag", c.Mode)
		}
	}
	for i := range c.NodeGroups {
		if path := fmt.Sprintf("nodeGroups[%d].options", i); has(document, path) {
			return faultf(path, "are the Cluster Autoscaler's; mode %s does not look at them; take them out, or set mode: %s",
				c.Mode, ModeClusterAutoscaler)
		}
	}
	return nil
}

// startupFlags are those of the Cluster Autoscaler's options that count where the user's own one
// decides, too: they tell a group's startup taints from others.
var startupFlags = []string{"startup-taint", "startup-taint-prefix", "ignore-taint"}

// has says whether the document has a field, whatever its value.
func has(document *yamlnode.Node, path string) bool { return find(document, path) != nil }

// keys are those of a field that is a map, in their order.
func keys(document *yamlnode.Node, path string) []string {
	var list []string
	if node := find(document, path); node != nil && node.Kind == yamlnode.MappingNode {
		for i := 0; i+1 < len(node.Content); i += 2 {
			list = append(list, node.Content[i].Value)
		}
	}
	return list
}

func find(node *yamlnode.Node, path string) *yamlnode.Node {
	if node.Kind == yamlnode.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	for _, step := range steps(path) {
		if _, node = child(node, step); node == nil {
			return nil
		}
	}
	return node
}
