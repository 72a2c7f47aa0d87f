package config

import (
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
}

// MinStartup is the least time after its registration in which a node loses its startup
// taints: an autoscaler puts them on when it first sees the node.
const MinStartup = time.Second

// startupPrefixes begin the keys of taints that the Cluster Autoscaler takes for those of
// a start, whatever its flags say. The second is the former name.
var startupPrefixes = []string{"startup-taint.cluster-autoscaler.kubernetes.io/", "ignore-taint.cluster-autoscaler.kubernetes.io/"}

// StartupTaints returns the template's taints that are those of a start by their names.
func (t *NodeTemplate) StartupTaints() []corev1.Taint {
	var list []corev1.Taint
	for _, taint := range t.Taints {
		for _, prefix := range startupPrefixes {
			if strings.HasPrefix(taint.Key, prefix) {
				list = append(list, taint)
			}
		}
	}
	return list
}

func (s *StartupTaints) validate(path string) error {
	if s == nil {
		return nil
	}
	if err := s.After.validate(path + ".after"); err != nil {
		return err
	}
	if s.After.Distribution == DistributionFixed && s.After.Value < MinStartup {
		return faultf(path+".after", "%v is less than %v, the least that an agent takes", s.After.Value, MinStartup)
	}
	return nil
}
