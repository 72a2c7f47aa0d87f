package kube

import (
	"maps"
	"strings"
)

// Pin binds a pod that a kubelet runs from a file to its node, whose taints do not
// hold for it.
func Pin(pod map[string]any, node string) {
	maps.DeleteFunc(Map(pod, "metadata", "annotations"), func(key string, _ any) bool {
		return strings.HasPrefix(key, "kubernetes.io/config.")
	})
	spec := Map(pod, "spec")
	if spec == nil || node == "" {
		return
	}
	spec["tolerations"] = []any{map[string]any{"operator": "Exists"}}
	spec["affinity"] = map[string]any{"nodeAffinity": map[string]any{"requiredDuringSchedulingIgnoredDuringExecution": map[string]any{
		"nodeSelectorTerms": []any{map[string]any{"matchFields": []any{
			map[string]any{"key": "metadata.name", "operator": "In", "values": []any{node}},
		}}},
	}}}
}
