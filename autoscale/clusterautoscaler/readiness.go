package clusterautoscaler

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"simk.dev/simk/autoscale/config"
)

// statusTaintPrefix begins keys that upstream knows without being told.
const statusTaintPrefix = "status-taint.cluster-autoscaler.kubernetes.io/"

// taintOptions say which taints a node has for a while only.
type taintOptions struct {
	startup config.StartupKeys
	status  []string
}

func resolveTaints(c *config.ClusterAutoscaler) taintOptions {
	return taintOptions{startup: c.StartupKeys(), status: c.StatusTaint}
}

// ofTemplate leaves out the taints that a new node of a group would not have, or not
// for long.
func (o *taintOptions) ofTemplate(taints []corev1.Taint) []corev1.Taint {
	return slices.DeleteFunc(slices.Clone(taints), func(t corev1.Taint) bool {
		switch t.Key {
		case toBeDeleted, deletionCandidate:
			return true
		case corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable, corev1.TaintNodeUnschedulable, corev1.TaintNodeMemoryPressure,
			corev1.TaintNodeDiskPressure, corev1.TaintNodeNetworkUnavailable, corev1.TaintNodePIDPressure:
			return true
		}
		return o.startup.Has(t.Key) || slices.Contains(o.status, t.Key) || strings.HasPrefix(t.Key, statusTaintPrefix)
	})
}

// ready says whether a node can take pods: by its conditions, by the taints that stand
// for them, and by startup taints.
func (o *taintOptions) ready(n *corev1.Node) bool {
	found := false
	for i := range n.Status.Conditions {
		switch c := &n.Status.Conditions[i]; c.Type {
		case corev1.NodeReady:
			if found = true; c.Status != corev1.ConditionTrue {
				return false
			}
		case corev1.NodeDiskPressure, corev1.NodeNetworkUnavailable:
			if c.Status == corev1.ConditionTrue {
				return false
			}
		}
	}
	return found && !slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool {
		switch t.Key {
		case corev1.TaintNodeNotReady, corev1.TaintNodeDiskPressure, corev1.TaintNodeNetworkUnavailable:
			return true
		}
		return o.startup.Has(t.Key)
	})
}

// starting says whether a node that is not ready may become so: it is younger than
// max-node-startup-time.
func (n *node) starting(now time.Time, limit time.Duration) bool {
	return !n.ready && now.Before(n.CreationTimestamp.Add(limit))
}
