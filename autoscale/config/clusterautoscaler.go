package config

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClusterAutoscaler are the Cluster Autoscaler's options: names and defaults are
// those of its command line in the release for Kubernetes 1.37. A pointer tells
// apart what was left out.
type ClusterAutoscaler struct {
	ScanInterval metav1.Duration `json:"scan-interval,omitempty"`
	// FrequentLoopsEnabled starts a scan as soon as a pod is found unschedulable, and
	// right after one that scaled. Upstream's default is true; here nil is false, so that
	// scans come at multiples of ScanInterval.
	FrequentLoopsEnabled *bool `json:"frequent-loops-enabled,omitempty"`
	// Expander is a comma-separated list: least-waste, least-nodes, random, most-pods,
	// price, priority; each narrows what the one before left, and chance decides last.
	Expander string `json:"expander,omitempty"`
	// ExpanderPriorities are those of the priority expander, as in its ConfigMap:
	// regular expressions of group names by priority, the highest wins. Empty: those of the
	// ConfigMap cluster-autoscaler-priority-expander in kube-system, as it is at each scan.
	ExpanderPriorities map[int][]string `json:"expander-priorities,omitempty"`

	NewPodScaleUpDelay       metav1.Duration `json:"new-pod-scale-up-delay,omitempty"`
	MaxNodeProvisionTime     metav1.Duration `json:"max-node-provision-time,omitempty"`
	MaxNodeStartupTime       metav1.Duration `json:"max-node-startup-time,omitempty"`
	MaxNodesTotal            int             `json:"max-nodes-total,omitempty"`
	CoresTotal               string          `json:"cores-total,omitempty"`
	MemoryTotal              string          `json:"memory-total,omitempty"`
	MaxNodesPerScaleUp       *int            `json:"max-nodes-per-scaleup,omitempty"`
	EnforceNodeGroupMinSize  bool            `json:"enforce-node-group-min-size,omitempty"`
	BalanceSimilarNodeGroups bool            `json:"balance-similar-node-groups,omitempty"`
	// BalancingIgnoreLabel are labels in which similar groups may differ, too; with
	// BalancingLabel groups are similar if they agree in these labels, and nothing else counts.
	BalancingIgnoreLabel            []string        `json:"balancing-ignore-label,omitempty"`
	BalancingLabel                  []string        `json:"balancing-label,omitempty"`
	MemoryDifferenceRatio           *float64        `json:"memory-difference-ratio,omitempty"`
	MaxFreeDifferenceRatio          *float64        `json:"max-free-difference-ratio,omitempty"`
	MaxAllocatableDifferenceRatio   *float64        `json:"max-allocatable-difference-ratio,omitempty"`
	ScaleUpFromZero                 *bool           `json:"scale-up-from-zero,omitempty"`
	OKTotalUnreadyCount             *int            `json:"ok-total-unready-count,omitempty"`
	MaxTotalUnreadyPercentage       *float64        `json:"max-total-unready-percentage,omitempty"`
	InitialNodeGroupBackoffDuration metav1.Duration `json:"initial-node-group-backoff-duration,omitempty"`
	MaxNodeGroupBackoffDuration     metav1.Duration `json:"max-node-group-backoff-duration,omitempty"`
	NodeGroupBackoffResetTimeout    metav1.Duration `json:"node-group-backoff-reset-timeout,omitempty"`
	ExpendablePodsPriorityCutoff    *int            `json:"expendable-pods-priority-cutoff,omitempty"`
	// StartupTaint, IgnoreTaint (its old name) and StatusTaint are keys of taints that are no
	// part of a group's template; nodes with one of the first two count as unready.
	// StartupTaintPrefix are beginnings of such keys.
	StartupTaint       []string `json:"startup-taint,omitempty"`
	StartupTaintPrefix []string `json:"startup-taint-prefix,omitempty"`
	IgnoreTaint        []string `json:"ignore-taint,omitempty"`
	StatusTaint        []string `json:"status-taint,omitempty"`

	ScaleDownEnabled                 *bool            `json:"scale-down-enabled,omitempty"`
	ScaleDownUnreadyEnabled          *bool            `json:"scale-down-unready-enabled,omitempty"`
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
	MaxBulkSoftTaintCount            *int             `json:"max-bulk-soft-taint-count,omitempty"`
	NodeDeleteDelayAfterTaint        *metav1.Duration `json:"node-delete-delay-after-taint,omitempty"`
	CordonNodeBeforeTerminating      *bool            `json:"cordon-node-before-terminating,omitempty"`
	MaxPodEvictionTime               *metav1.Duration `json:"max-pod-eviction-time,omitempty"`
	// The three options of candidates are read and change nothing, as upstream's: its
	// planner looks at all nodes.
	ScaleDownNonEmptyCandidatesCount *int     `json:"scale-down-non-empty-candidates-count,omitempty"`
	ScaleDownCandidatesPoolRatio     *float64 `json:"scale-down-candidates-pool-ratio,omitempty"`
	ScaleDownCandidatesPoolMinCount  *int     `json:"scale-down-candidates-pool-min-count,omitempty"`

	SkipNodesWithSystemPods *bool `json:"skip-nodes-with-system-pods,omitempty"`
	// BlockingSystemPodDisruptionTimeout is spelled as upstream spells it: for so long after
	// its creation a pod of kube-system without a budget keeps its node.
	BlockingSystemPodDisruptionTimeout *metav1.Duration `json:"blocking-system-pod-distruption-timeout,omitempty"`
	SkipNodesWithLocalStorage          *bool            `json:"skip-nodes-with-local-storage,omitempty"`
	SkipNodesWithCustomControllerPods  *bool            `json:"skip-nodes-with-custom-controller-pods,omitempty"`
	IgnoreMirrorPodsUtilization        bool             `json:"ignore-mirror-pods-utilization,omitempty"`
	IgnoreDaemonSetsUtilization        bool             `json:"ignore-daemonsets-utilization,omitempty"`
	DaemonSetEvictionForEmptyNodes     bool             `json:"daemonset-eviction-for-empty-nodes,omitempty"`
	DaemonSetEvictionForOccupiedNodes  *bool            `json:"daemonset-eviction-for-occupied-nodes,omitempty"`
	MinReplicaCount                    int              `json:"min-replica-count,omitempty"`
	MaxGracefulTerminationSec          *int             `json:"max-graceful-termination-sec,omitempty"`
}

// GroupOptions are the Cluster Autoscaler's options that a cloud can set for each group
// (NodeGroupAutoscalingOptions). Nil: the flag of that name.
type GroupOptions struct {
	ScaleDownUtilizationThreshold    *float64         `json:"scale-down-utilization-threshold,omitempty"`
	ScaleDownGPUUtilizationThreshold *float64         `json:"scale-down-gpu-utilization-threshold,omitempty"`
	ScaleDownUnneededTime            *metav1.Duration `json:"scale-down-unneeded-time,omitempty"`
	ScaleDownUnreadyTime             *metav1.Duration `json:"scale-down-unready-time,omitempty"`
	MaxNodeProvisionTime             *metav1.Duration `json:"max-node-provision-time,omitempty"`
	MaxNodeStartupTime               *metav1.Duration `json:"max-node-startup-time,omitempty"`
	IgnoreDaemonSetsUtilization      *bool            `json:"ignore-daemonsets-utilization,omitempty"`
}
