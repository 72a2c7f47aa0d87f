// Package config is the autoscaler's configuration file: YAML or JSON, with the
// names that Kubernetes and its autoscalers use.
//
//	apiVersion: simk.dev/v1
//	kind: Autoscaler
//	mode: cluster-autoscaler
//	nodeGroups:
//	- name: general
//	  min: 1
//	  max: 100
//	  machine: m6i.xlarge
//	  pricePerHour: 0.192
//	  provisioning: {delay: 60s, boot: 20s}
//	clusterAutoscaler:
//	  expander: least-waste
//
// Load checks all that can be known without a cluster, and says where in the file
// what is wrong.
package config

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What a file's apiVersion and kind are.
const (
	APIVersion = "simk.dev/v1"
	Kind       = "Autoscaler"
)

// Mode says who decides how many nodes there are.
type Mode string

// Modes.
const (
	// ModeNone: nobody; groups have their initial size, and what a schedule says.
	ModeNone Mode = "none"
	// ModeClusterAutoscaler: the Cluster Autoscaler's rules, built in.
	ModeClusterAutoscaler Mode = "cluster-autoscaler"
	// ModeExternalGRPC: the user's own Cluster Autoscaler, over gRPC.
	ModeExternalGRPC Mode = "external-grpc"
	// ModeKarpenter: Karpenter, embedded.
	ModeKarpenter Mode = "karpenter"
)

// Config is a whole file.
type Config struct {
	metav1.TypeMeta `json:",inline"`
	// Mode is ModeClusterAutoscaler when empty.
	Mode       Mode        `json:"mode,omitempty"`
	NodeGroups []NodeGroup `json:"nodeGroups"`
	// ClusterAutoscaler are the options of its mode, by upstream's flag names.
	ClusterAutoscaler ClusterAutoscaler `json:"clusterAutoscaler,omitempty"`
	// Karpenter are those of its mode.
	Karpenter Karpenter `json:"karpenter,omitzero"`
	// Schedule sets sizes at given times, in any mode.
	Schedule []Resize `json:"schedule,omitempty"`

	// name is the file's, and place where in it a field is: file:line:column.
	name  string
	place func(path string) string
}

// NodeGroup is a group of equal machines.
type NodeGroup struct {
	Name string `json:"name"`
	// Min and Max bound the group's size. Initial is its size at the start; nil: Min.
	Min     int  `json:"min"`
	Max     int  `json:"max"`
	Initial *int `json:"initial,omitempty"`
	// Machine names a shape of the built-in catalogue, which Template may refine.
	Machine  string       `json:"machine,omitempty"`
	Template NodeTemplate `json:"template,omitempty"`
	// PricePerHour is what one machine costs, in any currency; nil: nothing is known.
	PricePerHour *resource.Quantity `json:"pricePerHour,omitempty"`
	// Zones are given to the group's machines in turn, as topology.kubernetes.io/zone.
	Zones        []string     `json:"zones,omitempty"`
	Provisioning Provisioning `json:"provisioning,omitempty"`
	// StartupTaints is when the nodes lose their startup taints; nil: never.
	StartupTaints *StartupTaints `json:"startupTaints,omitempty"`
	Spot          *Spot          `json:"spot,omitempty"`
	// Options are the cluster autoscaler's for this group alone.
	Options GroupOptions `json:"options,omitempty"`
}

// NodeTemplate is what the group's nodes look like.
type NodeTemplate struct {
	Labels      map[string]string   `json:"labels,omitempty"`
	Annotations map[string]string   `json:"annotations,omitempty"`
	Taints      []corev1.Taint      `json:"taints,omitempty"`
	Capacity    corev1.ResourceList `json:"capacity,omitempty"`
	// Allocatable is Capacity where it is not given.
	Allocatable corev1.ResourceList `json:"allocatable,omitempty"`
	// ResourceSlices are the devices that drivers on each node publish. DeviceDriver
	// adds the devices of the catalogue's machine, as that driver publishes them;
	// empty: it has none.
	ResourceSlices []ResourceSlice `json:"resourceSlices,omitempty"`
	DeviceDriver   string          `json:"deviceDriver,omitempty"`
}

// Provisioning is how machines come, or do not.
type Provisioning struct {
	// Delay passes from the request until the Node is registered, Boot from then
	// until it is Ready.
	Delay Duration `json:"delay,omitempty"`
	Boot  Duration `json:"boot,omitempty"`
	// FailureProbability is the share of requests that fail, 0 to 1, drawn by the
	// run's seed.
	FailureProbability float64 `json:"failureProbability,omitempty"`
	// OutOfCapacity are times, as offsets from the start, in which every request fails.
	OutOfCapacity []Window `json:"outOfCapacity,omitempty"`
}

// Duration is a fixed time, or one drawn by the run's seed: "60s", or
// {"distribution": "uniform", "min": "40s", "max": "90s"}.
type Duration struct {
	Distribution Distribution `json:"distribution,omitempty"`
	// Value is that of DistributionFixed.
	Value time.Duration `json:"-"`
	// Min and Max bound every distribution; Max 0: no bound.
	Min metav1.Duration `json:"min,omitempty"`
	Max metav1.Duration `json:"max,omitempty"`
	// Mean and StandardDeviation are for DistributionNormal and, the mean only,
	// DistributionExponential.
	Mean              metav1.Duration `json:"mean,omitempty"`
	StandardDeviation metav1.Duration `json:"standardDeviation,omitempty"`
}

// Distribution is how a duration is drawn.
type Distribution string

// Distributions.
const (
	DistributionFixed       Distribution = ""
	DistributionUniform     Distribution = "uniform"
	DistributionNormal      Distribution = "normal"
	DistributionExponential Distribution = "exponential"
)

// Window is a span of time, as offsets from the start; it ends before To.
type Window struct {
	From metav1.Duration `json:"from"`
	To   metav1.Duration `json:"to"`
}

// Spot says that the cloud takes machines back.
type Spot struct {
	// InterruptionsPerHour is the rate for each machine.
	InterruptionsPerHour float64 `json:"interruptionsPerHour"`
	// Notice passes between the announcement and the end of the machine.
	Notice metav1.Duration `json:"notice,omitempty"`
}

// Resize sets the sizes of groups at an offset from the start and, with Every,
// again and again.
type Resize struct {
	At    metav1.Duration `json:"at"`
	Every metav1.Duration `json:"every,omitempty"`
	Sizes map[string]int  `json:"sizes"`
}

// Karpenter are the options of Karpenter's mode.
type Karpenter struct {
	// NodePools are whole NodePool objects (karpenter.sh/v1). Those of the trace
	// count as well; with neither there is one that allows all that the groups are.
	NodePools []map[string]any `json:"nodePools,omitempty"`
	// BatchMaxDuration and BatchIdleDuration are Karpenter's own settings of
	// those names; 0: its defaults, 10s and 1s.
	BatchMaxDuration  metav1.Duration `json:"batchMaxDuration,omitempty"`
	BatchIdleDuration metav1.Duration `json:"batchIdleDuration,omitempty"`
	// PreferencePolicy is Respect (empty: that) or Ignore, MinValuesPolicy Strict (empty:
	// that) or BestEffort, FeatureGates "A=true,B=false", as on Karpenter's command line.
	PreferencePolicy string `json:"preferencePolicy,omitempty"`
	MinValuesPolicy  string `json:"minValuesPolicy,omitempty"`
	FeatureGates     string `json:"featureGates,omitempty"`
}
