package config

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClusterAutoscaler are the Cluster Autoscaler's options: names and defaults are
// those of its command line in the release for Kubernetes 1.37. A pointer tells
// apart what was left out.
type ClusterAutoscaler struct {
	ScanInterval metav1.Duration `json:"scan-interval,omitempty"`
	// Expander is a comma-separated list: least-waste, random, most-pods, price,
	// priority; each narrows what the one before left, and chance decides last.
	Expander string `json:"expander,omitempty"`
	// ExpanderPriorities are those of the priority expander, as in its ConfigMap:
	// regular expressions of group names by priority, the highest wins.
	ExpanderPriorities map[int][]string `json:"expander-priorities,omitempty"`

	NewPodScaleUpDelay              metav1.Duration `json:"new-pod-scale-up-delay,omitempty"`
	MaxNodeProvisionTime            metav1.Duration `json:"max-node-provision-time,omitempty"`
	MaxNodesTotal                   int             `json:"max-nodes-total,omitempty"`
	CoresTotal                      string          `json:"cores-total,omitempty"`
	MemoryTotal                     string          `json:"memory-total,omitempty"`
	MaxNodesPerScaleUp              *int            `json:"max-nodes-per-scaleup,omitempty"`
	BalanceSimilarNodeGroups        bool            `json:"balance-similar-node-groups,omitempty"`
	ScaleUpFromZero                 *bool           `json:"scale-up-from-zero,omitempty"`
	OKTotalUnreadyCount             *int            `json:"ok-total-unready-count,omitempty"`
	MaxTotalUnreadyPercentage       *float64        `json:"max-total-unready-percentage,omitempty"`
	InitialNodeGroupBackoffDuration metav1.Duration `json:"initial-node-group-backoff-duration,omitempty"`
	MaxNodeGroupBackoffDuration     metav1.Duration `json:"max-node-group-backoff-duration,omitempty"`
	NodeGroupBackoffResetTimeout    metav1.Duration `json:"node-group-backoff-reset-timeout,omitempty"`

	ScaleDownEnabled                 *bool            `json:"scale-down-enabled,omitempty"`
	ScaleDownUtilizationThreshold    *float64         `json:"scale-down-utilization-threshold,omitempty"`
	ScaleDownGPUUtilizationThreshold *float64         `json:"scale-down-gpu-utilization-threshold,omitempty"`
	ScaleDownUnneededTime            *metav1.Duration `json:"scale-down-unneeded-time,omitempty"`
	ScaleDownUnreadyTime             *metav1.Duration `json:"scale-down-unready-time,omitempty"`
	ScaleDownDelayAfterAdd           *metav1.Duration `json:"scale-down-delay-after-add,omitempty"`
	ScaleDownDelayAfterDelete        *metav1.Duration `json:"scale-down-delay-after-delete,omitempty"`
	ScaleDownDelayAfterFailure       *metav1.Duration `json:"scale-down-delay-after-failure,omitempty"`
	ScaleDownDelayTypeLocal          bool             `json:"scale-down-delay-type-local,omitempty"`
	UnremovableNodeRecheckTimeout    *metav1.Duration `json:"unremovable-node-recheck-timeout,omitempty"`
	MaxScaleDownParallelism          *int             `json:"max-scale-down-parallelism,omitempty"`
	MaxDrainParallelism              *int             `json:"max-drain-parallelism,omitempty"`
	ScaleDownNonEmptyCandidatesCount *int             `json:"scale-down-non-empty-candidates-count,omitempty"`
	ScaleDownCandidatesPoolRatio     *float64         `json:"scale-down-candidates-pool-ratio,omitempty"`
	ScaleDownCandidatesPoolMinCount  *int             `json:"scale-down-candidates-pool-min-count,omitempty"`

	SkipNodesWithSystemPods           *bool `json:"skip-nodes-with-system-pods,omitempty"`
	SkipNodesWithLocalStorage         *bool `json:"skip-nodes-with-local-storage,omitempty"`
	SkipNodesWithCustomControllerPods *bool `json:"skip-nodes-with-custom-controller-pods,omitempty"`
	IgnoreDaemonSetsUtilization       bool  `json:"ignore-daemonsets-utilization,omitempty"`
	DaemonSetEvictionForEmptyNodes    bool  `json:"daemonset-eviction-for-empty-nodes,omitempty"`
	DaemonSetEvictionForOccupiedNodes *bool `json:"daemonset-eviction-for-occupied-nodes,omitempty"`
	MinReplicaCount                   int   `json:"min-replica-count,omitempty"`
	MaxGracefulTerminationSec         *int  `json:"max-graceful-termination-sec,omitempty"`
}
