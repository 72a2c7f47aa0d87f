package clusterautoscaler

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"simk.dev/simk/autoscale/config"
)

// Constants of upstream that are flags nobody sets, or no flags at all.
const (
	// expendableCutoff is expendable-pods-priority-cutoff: pods below it neither
	// cause scale-ups nor keep nodes.
	expendableCutoff = -10
	// newPodBuffer: while all unschedulable pods are younger, more are expected;
	// nothing is decided for one scan. Pods that ask for a GPU wait longer, because
	// their nodes' devices appear late.
	newPodBuffer    = 2 * time.Second
	newGPUPodBuffer = 30 * time.Second
	// deleteDelayAfterTaint is node-delete-delay-after-taint.
	deleteDelayAfterTaint = 5 * time.Second
	// maxPodEvictionTime is max-pod-eviction-time; evictionRetry and drainPoll are
	// how often an eviction is tried and the node looked at.
	maxPodEvictionTime = 2 * time.Minute
	evictionRetry      = 10 * time.Second
	drainPoll          = 5 * time.Second
	// evictionHeadroom is waited for beyond the pods' termination.
	evictionHeadroom = 30 * time.Second
)

// options are the configuration with upstream's defaults filled in.
type options struct {
	scanInterval     time.Duration
	expanders        []string
	podDelay         time.Duration
	maxProvisionTime time.Duration

	maxNodesTotal, maxNodesPerScaleUp int
	cores, memory                     bounds // cores; GiB as upstream's flag counts them
	balance, scaleUpFromZero          bool
	okUnready                         int
	maxUnreadyPercentage              float64
	backoff                           backoffOptions

	down downOptions
}

type backoffOptions struct{ initial, max, reset time.Duration }

type downOptions struct {
	enabled                             bool
	threshold, gpuThreshold             float64
	unneededTime, unreadyTime           time.Duration
	afterAdd, afterDelete, afterFailure time.Duration
	typeLocal                           bool
	recheck                             time.Duration
	parallelism, drainParallelism       int
	nonEmptyCandidates                  int
	poolRatio                           float64
	poolMinCount                        int

	skipSystem, skipLocalStorage, skipCustomControllers bool
	ignoreDaemonSets                                    bool
	evictDaemonSetsEmpty, evictDaemonSetsOccupied       bool
	minReplicas                                         int
	maxGraceful                                         time.Duration
}

// bounds are those of a resource of the whole cluster; max 0: none.
type bounds struct{ min, max int64 }

// expanderNames are those that need nothing from outside.
var expanderNames = []string{"least-waste", "random", "most-pods", "price", "priority"}

// resolve fills in upstream's defaults.
func resolve(c *config.ClusterAutoscaler) (*options, error) {
	o := &options{
		scanInterval:         orElse(c.ScanInterval, 10*time.Second),
		podDelay:             c.NewPodScaleUpDelay.Duration,
		maxProvisionTime:     orElse(c.MaxNodeProvisionTime, 15*time.Minute),
		maxNodesTotal:        c.MaxNodesTotal,
		maxNodesPerScaleUp:   ptr.Deref(c.MaxNodesPerScaleUp, 1000),
		balance:              c.BalanceSimilarNodeGroups,
		scaleUpFromZero:      ptr.Deref(c.ScaleUpFromZero, true),
		okUnready:            ptr.Deref(c.OKTotalUnreadyCount, 3),
		maxUnreadyPercentage: ptr.Deref(c.MaxTotalUnreadyPercentage, 45),
		backoff: backoffOptions{
			initial: orElse(c.InitialNodeGroupBackoffDuration, 5*time.Minute),
			max:     orElse(c.MaxNodeGroupBackoffDuration, 30*time.Minute),
			reset:   orElse(c.NodeGroupBackoffResetTimeout, 3*time.Hour),
		},
		down: resolveDown(c),
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

func resolveDown(c *config.ClusterAutoscaler) downOptions {
	d := func(p *metav1.Duration, otherwise time.Duration) time.Duration {
		if p == nil {
			return otherwise
		}
		return p.Duration
	}
	return downOptions{
		enabled:                 ptr.Deref(c.ScaleDownEnabled, true),
		threshold:               ptr.Deref(c.ScaleDownUtilizationThreshold, 0.5),
		gpuThreshold:            ptr.Deref(c.ScaleDownGPUUtilizationThreshold, 0.5),
		unneededTime:            d(c.ScaleDownUnneededTime, 10*time.Minute),
		unreadyTime:             d(c.ScaleDownUnreadyTime, 20*time.Minute),
		afterAdd:                d(c.ScaleDownDelayAfterAdd, 10*time.Minute),
		afterDelete:             d(c.ScaleDownDelayAfterDelete, 0),
		afterFailure:            d(c.ScaleDownDelayAfterFailure, 3*time.Minute),
		typeLocal:               c.ScaleDownDelayTypeLocal,
		recheck:                 d(c.UnremovableNodeRecheckTimeout, 5*time.Minute),
		parallelism:             ptr.Deref(c.MaxScaleDownParallelism, 10),
		drainParallelism:        ptr.Deref(c.MaxDrainParallelism, 1),
		nonEmptyCandidates:      ptr.Deref(c.ScaleDownNonEmptyCandidatesCount, 30),
		poolRatio:               ptr.Deref(c.ScaleDownCandidatesPoolRatio, 0.1),
		poolMinCount:            ptr.Deref(c.ScaleDownCandidatesPoolMinCount, 50),
		skipSystem:              ptr.Deref(c.SkipNodesWithSystemPods, true),
		skipLocalStorage:        ptr.Deref(c.SkipNodesWithLocalStorage, true),
		skipCustomControllers:   ptr.Deref(c.SkipNodesWithCustomControllerPods, true),
		ignoreDaemonSets:        c.IgnoreDaemonSetsUtilization,
		evictDaemonSetsEmpty:    c.DaemonSetEvictionForEmptyNodes,
		evictDaemonSetsOccupied: ptr.Deref(c.DaemonSetEvictionForOccupiedNodes, true),
		minReplicas:             c.MinReplicaCount,
		maxGraceful:             time.Duration(ptr.Deref(c.MaxGracefulTerminationSec, 600)) * time.Second,
	}
}

func orElse(d metav1.Duration, otherwise time.Duration) time.Duration {
	if d.Duration == 0 {
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
		known := false
		for _, n := range expanderNames {
			known = known || n == name
		}
		if !known {
			return nil, fmt.Errorf("expander %q is not one of %s", name, strings.Join(expanderNames, ", "))
		}
		list = append(list, name)
	}
	return list, nil
}
