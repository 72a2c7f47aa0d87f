package kwok

import (
	_ "embed" // for the sets that KWOK does not embed itself
	"maps"
	"slices"
	"strings"

	nodefast "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	nodeheartbeat "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat"
	nodelease "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat-with-lease"
	podfast "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
)

// Texts of sets that are in KWOK's repository and not in its Go packages.
var (
	//go:embed stages/pod-general.yaml
	podGeneral string
	//go:embed stages/chaos.yaml
	chaos string
	//go:embed stages/volume.yaml
	volume string
)

// sets are those that KWOK ships, by the name under which its documentation has them.
var sets = map[string]func() string{
	// KWOK's default: nodes are Ready and pods run at once; pods of Jobs complete at once.
	"fast": func() string {
		return joined(nodes(), podfast.DefaultPodReady, podfast.DefaultPodComplete, podfast.DefaultPodDelete)
	},
	// Pods take a second to five for each step, with init containers, told by annotations.
	"general": func() string { return joined(nodes(), podGeneral) },
	// Pods and nodes with a label fail. It comes on top of another set.
	"chaos": func() string { return chaos },
	// PersistentVolumeClaims of the class kwok-volume get volumes.
	"volume": func() string { return volume },
	// Nodes post their conditions every 20 to 25 s, as without leases.
	"heartbeat": func() string { return nodeheartbeat.DefaultNodeHeartbeat },
}

// nodes are the Stages of nodes in both sets for pods.
func nodes() string { return joined(nodefast.DefaultNodeInit, nodelease.DefaultNodeHeartbeatWithLease) }

func joined(texts ...string) string { return strings.Join(texts, "\n---\n") }

// Sets are the names of KWOK's sets of Stages, sorted.
func Sets() []string { return slices.Sorted(maps.Keys(sets)) }
