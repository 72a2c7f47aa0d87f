package karpenter

import (
	"fmt"
	"strings"

	karpv1 "sigs.k8s.io/karpenter/pkg/apis/v1"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/autoscale/groups"
)

// noteStartupTaints says once, for each NodePool and group, that nothing takes the
// startup taints off the nodes: no pod that does not tolerate them will run there, and
// Karpenter, which waits for it, buys no second machine. r.mu is held.
func (r *recorder) noteStartupTaints(claim *karpv1.NodeClaim, g *groups.Group) {
	if len(claim.Spec.StartupTaints) == 0 || g.Config().StartupTaints != nil {
		return
	}
	var taints []string
	for _, t := range claim.Spec.StartupTaints {
		taints = append(taints, t.ToString())
	}
	pool := claim.Labels[karpv1.NodePoolLabelKey]
	reason := fmt.Sprintf("nothing takes the startup taints of NodePool %s off the nodes of group %s (%s), "+
		"unless an event of the trace applies them without: give the group startupTaints: {after: 30s}",
		pool, g.Name(), strings.Join(taints, ", "))
	r.once("startup taints "+pool+"/"+g.Name(), autoscale.Decision{Kind: autoscale.Noted, Group: g.Name(), Reason: reason})
}
