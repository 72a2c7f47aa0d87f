package config

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// StartupTaints says how long nodes keep the taints that they start with. In a real
// cluster an agent on the node takes them away, often of a DaemonSet that tolerates them;
// none runs here.
type StartupTaints struct {
	// After passes from the registration of the Node, at least MinStartup.
	After Duration `json:"after"`

	// keys tell such taints of the template.
	keys StartupKeys
}

// MinStartup is the least time after its registration in which a node loses its startup
// taints: an autoscaler puts them on when it first sees the node.
const MinStartup = time.Second

// StartupKeys tell taints that a node has until it has started.
type StartupKeys struct{ keys, prefixes []string }

// StartupKeys are those of the flags and those that the Cluster Autoscaler takes for them whatever
// its flags say; the first is the former name.
func (a *ClusterAutoscaler) StartupKeys() StartupKeys {
	builtIn := []string{"ignore-taint.cluster-autoscaler.kubernetes.io/", "startup-taint.cluster-autoscaler.kubernetes.io/"}
	return StartupKeys{
		keys:     slices.Concat(a.StartupTaint, a.IgnoreTaint),
		prefixes: append(builtIn, a.StartupTaintPrefix...),
	}
}

// Has says whether a taint of that key is one of them.
func (k *StartupKeys) Has(key string) bool {
	return slices.Contains(k.keys, key) || slices.ContainsFunc(k.prefixes, func(p string) bool { return strings.HasPrefix(key, p) })
}

// OfTemplate returns those of the group's own taints that are of a start: by their names, or by the
// flags of the Cluster Autoscaler that say so.
func (s *StartupTaints) OfTemplate(g *NodeGroup) []corev1.Taint {
	var list []corev1.Taint
	for _, t := range g.Template.Taints {
		if s.keys.Has(t.Key) {
			list = append(list, t)
		}
	}
	return list
}

func (s *StartupTaints) complete(path string, a *ClusterAutoscaler) error {
	if s == nil {
		return nil
	}
	s.keys = a.StartupKeys()
	if err := s.After.validate(path + ".after"); err != nil {
		return err
	}
	if s.After.Distribution == DistributionFixed && s.After.Value < MinStartup {
		return faultf(path+".after", "%v is less than %v, the least that an agent takes", s.After.Value, MinStartup)
	}
	return nil
}
