package clusterautoscaler

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"simk.dev/simk/autoscale/config"
)

// Prefixes of taints that upstream knows without being told.
const (
	ignoreTaintPrefix  = "ignore-taint.cluster-autoscaler.kubernetes.io/"
	startupTaintPrefix = "startup-taint.cluster-autoscaler.kubernetes.io/"
	statusTaintPrefix  = "status-taint.cluster-autoscaler.kubernetes.io/"
)

// taintOptions say which taints a node has for a while only.
type taintOptions struct {
	startup, startupPrefixes, status []string
}

func resolveTaints(c *config.ClusterAutoscaler) taintOptions {
	return taintOptions{
		startup:         slices.Concat(c.StartupTaint, c.IgnoreTaint),
		startupPrefixes: append([]string{ignoreTaintPrefix, startupTaintPrefix}, c.StartupTaintPrefix...),
		status:          c.StatusTaint,
	}
}

// isStartup says whether a node with the taint has not started yet.
func (o *taintOptions) isStartup(key string) bool {
	return slices.Contains(o.startup, key) || slices.ContainsFunc(o.startupPrefixes, func(p string) bool { return strings.HasPrefix(key, p) })
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
		return o.isStartup(t.Key) || slices.Contains(o.status, t.Key) || strings.HasPrefix(t.Key, statusTaintPrefix)
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
		return o.isStartup(t.Key)
	})
}

// starting says whether a node that is not ready may become so: it is younger than
// max-node-startup-time.
func (n *node) starting(now time.Time, limit time.Duration) bool {
	return !n.ready && now.Before(n.CreationTimestamp.Add(limit))
}
