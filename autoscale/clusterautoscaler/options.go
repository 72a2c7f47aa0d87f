package clusterautoscaler

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"simk.dev/simk/autoscale/config"
)

// Constants of upstream that are no flags.
const (
	// newPodBuffer: while all unschedulable pods are younger, more are expected;
	// nothing is decided for one scan. Pods that ask for a GPU wait longer, because
	// their nodes' devices appear late, and one of them holds back all.
	newPodBuffer    = 2 * time.Second
	newGPUPodBuffer = 30 * time.Second
	// evictionRetry and drainPoll are how often an eviction is tried and the node
	// looked at.
	evictionRetry = 10 * time.Second
	drainPoll     = 5 * time.Second
	// evictionHeadroom is waited for beyond the pods' termination.
	evictionHeadroom = 30 * time.Second
)

// options are the configuration with upstream's defaults filled in.
type options struct {
	scanInterval  time.Duration
	frequentLoops bool
	expanders     []string
	podDelay      time.Duration

	maxNodesTotal, maxNodesPerScaleUp int
	cores, memory                     bounds // cores; GiB as upstream's flag counts them
	scaleUpFromZero, enforceMinSize   bool
	okUnready                         int
	maxUnreadyPercentage              float64
	expendableCutoff                  int32
	backoff                           backoffOptions
	similar                           similarOptions
	taints                            taintOptions

	down downOptions
	// group are what groups may set for themselves; see groupState.
	group groupOptions
}

type backoffOptions struct{ initial, max, reset time.Duration }

// groupOptions are those that a group may have of its own.
type groupOptions struct {
	threshold, gpuThreshold       float64
	unneededTime, unreadyTime     time.Duration
	maxProvisionTime, startupTime time.Duration
	ignoreDaemonSets              bool
}

type downOptions struct {
	enabled, unready                    bool
	afterAdd, afterDelete, afterFailure time.Duration
	typeLocal                           bool
	recheck                             time.Duration
	parallelism, drainParallelism       int
	softTaints                          int

	deleteDelay, maxEvictionTime          time.Duration
	cordon                                bool
	skipSystem, skipLocalStorage          bool
	systemPodTimeout                      time.Duration
	skipCustomControllers                 bool
	ignoreMirrorPods                      bool
	evictDaemonSetsEmpty, evictDaemonSets bool
	minReplicas                           int
	maxGraceful                           time.Duration
}

// bounds are those of a resource of the whole cluster; max 0: none.
type bounds struct{ min, max int64 }

// expanderNames are those that need nothing from outside.
var expanderNames = []string{"least-waste", "least-nodes", "random", "most-pods", "price", "priority"}

// resolve fills in upstream's defaults.
func resolve(c *config.ClusterAutoscaler) (*options, error) {
	o := &options{
		scanInterval:         orElse(c.ScanInterval, 10*time.Second),
		frequentLoops:        ptr.Deref(c.FrequentLoopsEnabled, false),
		podDelay:             c.NewPodScaleUpDelay.Duration,
		maxNodesTotal:        c.MaxNodesTotal,
		maxNodesPerScaleUp:   ptr.Deref(c.MaxNodesPerScaleUp, 1000),
		scaleUpFromZero:      ptr.Deref(c.ScaleUpFromZero, true),
		enforceMinSize:       c.EnforceNodeGroupMinSize,
		okUnready:            ptr.Deref(c.OKTotalUnreadyCount, 3),
		maxUnreadyPercentage: ptr.Deref(c.MaxTotalUnreadyPercentage, 45),
		expendableCutoff:     int32(ptr.Deref(c.ExpendablePodsPriorityCutoff, -10)),
		backoff: backoffOptions{
			initial: orElse(c.InitialNodeGroupBackoffDuration, 5*time.Minute),
			max:     orElse(c.MaxNodeGroupBackoffDuration, 30*time.Minute),
			reset:   orElse(c.NodeGroupBackoffResetTimeout, 3*time.Hour),
		},
		similar: resolveSimilar(c),
		taints:  resolveTaints(c),
		down:    resolveDown(c),
		group:   resolveGroup(c),
	}
	if o.scanInterval <= 0 {
		return nil, fmt.Errorf("scan-interval %v is not positive; leave it out for 10s", o.scanInterval)
	}
	var err error
	if o.cores, err = parseBounds("cores-total", c.CoresTotal, bounds{0, 320000}); err != nil {
		return nil, err
	}
	if o.memory, err = parseBounds("memory-total", c.MemoryTotal, bounds{0, 6400000}); err != nil {
		return nil, err
	}
	if o.expanders, err = parseExpanders(c.Expander); err != nil {
		return nil, err
	}
	return o, nil
}

func resolveGroup(c *config.ClusterAutoscaler) groupOptions {
	return groupOptions{
		threshold:        ptr.Deref(c.ScaleDownUtilizationThreshold, 0.5),
		gpuThreshold:     ptr.Deref(c.ScaleDownGPUUtilizationThreshold, 0.5),
		unneededTime:     given(c.ScaleDownUnneededTime, 10*time.Minute),
		unreadyTime:      given(c.ScaleDownUnreadyTime, 20*time.Minute),
		maxProvisionTime: orElse(c.MaxNodeProvisionTime, 15*time.Minute),
		startupTime:      orElse(c.MaxNodeStartupTime, 15*time.Minute),
		ignoreDaemonSets: c.IgnoreDaemonSetsUtilization,
	}
}

// with is the options as a group has them.
func (o groupOptions) with(g *config.GroupOptions) groupOptions {
	return groupOptions{
		threshold:        ptr.Deref(g.ScaleDownUtilizationThreshold, o.threshold),
		gpuThreshold:     ptr.Deref(g.ScaleDownGPUUtilizationThreshold, o.gpuThreshold),
		unneededTime:     given(g.ScaleDownUnneededTime, o.unneededTime),
		unreadyTime:      given(g.ScaleDownUnreadyTime, o.unreadyTime),
		maxProvisionTime: given(g.MaxNodeProvisionTime, o.maxProvisionTime),
		startupTime:      given(g.MaxNodeStartupTime, o.startupTime),
		ignoreDaemonSets: ptr.Deref(g.IgnoreDaemonSetsUtilization, o.ignoreDaemonSets),
	}
}

func resolveDown(c *config.ClusterAutoscaler) downOptions {
	return downOptions{
		enabled:               ptr.Deref(c.ScaleDownEnabled, true),
		unready:               ptr.Deref(c.ScaleDownUnreadyEnabled, true),
		afterAdd:              given(c.ScaleDownDelayAfterAdd, 10*time.Minute),
		afterDelete:           given(c.ScaleDownDelayAfterDelete, 0),
		afterFailure:          given(c.ScaleDownDelayAfterFailure, 3*time.Minute),
		typeLocal:             c.ScaleDownDelayTypeLocal,
		recheck:               given(c.UnremovableNodeRecheckTimeout, 5*time.Minute),
		parallelism:           ptr.Deref(c.MaxScaleDownParallelism, 10),
		drainParallelism:      ptr.Deref(c.MaxDrainParallelism, 1),
		softTaints:            ptr.Deref(c.MaxBulkSoftTaintCount, 10),
		deleteDelay:           given(c.NodeDeleteDelayAfterTaint, 5*time.Second),
		maxEvictionTime:       given(c.MaxPodEvictionTime, 2*time.Minute),
		cordon:                ptr.Deref(c.CordonNodeBeforeTerminating, true),
		skipSystem:            ptr.Deref(c.SkipNodesWithSystemPods, true),
		systemPodTimeout:      given(c.BlockingSystemPodDisruptionTimeout, time.Hour),
		skipLocalStorage:      ptr.Deref(c.SkipNodesWithLocalStorage, true),
		skipCustomControllers: ptr.Deref(c.SkipNodesWithCustomControllerPods, true),
		ignoreMirrorPods:      c.IgnoreMirrorPodsUtilization,
		evictDaemonSetsEmpty:  c.DaemonSetEvictionForEmptyNodes,
		evictDaemonSets:       ptr.Deref(c.DaemonSetEvictionForOccupiedNodes, true),
		minReplicas:           c.MinReplicaCount,
		maxGraceful:           time.Duration(ptr.Deref(c.MaxGracefulTerminationSec, 600)) * time.Second,
	}
}

func orElse(d metav1.Duration, otherwise time.Duration) time.Duration {
	if d.Duration == 0 {
		return otherwise
	}
	return d.Duration
}

// given is orElse for what may be 0.
func given(d *metav1.Duration, otherwise time.Duration) time.Duration {
	if d == nil {
		return otherwise
	}
	return d.Duration
}

// parseBounds reads the bounds of a flag.
func parseBounds(flag, text string, otherwise bounds) (bounds, error) {
	if text == "" {
		return otherwise, nil
	}
	low, high, err := config.ParseBounds(text)
	if err != nil {
		return bounds{}, fmt.Errorf("%s %w", flag, err)
	}
	return bounds{low, high}, nil
}

func parseExpanders(text string) ([]string, error) {
	if text == "" {
		return []string{"least-waste"}, nil
	}
	var list []string
	for _, name := range strings.Split(text, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(expanderNames, name) {
			return nil, fmt.Errorf("expander %q is not one of %s", name, strings.Join(expanderNames, ", "))
		}
		list = append(list, name)
	}
	return list, nil
}
