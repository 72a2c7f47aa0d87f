package groups

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	taintutils "k8s.io/kubernetes/pkg/util/taints"

	"simk.dev/simk/autoscale/config"
)

// started is the node of a machine that is there when the trace begins: its agents have
// done their work.
func (g *Group) started(i *instance) *corev1.Node {
	n := g.node(i.name, i.number)
	if s := g.config.StartupTaints; s != nil {
		startup := s.OfTemplate(g.config)
		n.Spec.Taints = slices.DeleteFunc(n.Spec.Taints, func(t corev1.Taint) bool {
			return taintutils.TaintExists(startup, &t)
		})
	}
	return n
}

// awaitAgent lets the node that has registered lose its startup taints later, as when an
// agent on it has started.
func (i *instance) awaitAgent() {
	startup := i.group.config.StartupTaints
	if startup == nil {
		return
	}
	taints := startup.OfTemplate(i.group.config)
	if i.launch != nil {
		taints = i.launch.StartupTaints
	}
	if len(taints) == 0 {
		return
	}
	all := i.group.all
	after := max(i.chance.duration(startup.After), config.MinStartup)
	all.agenda.At(time.Now().Add(after), func(ctx context.Context) {
		if !i.is(Registered) && !i.is(Running) {
			return
		}
		if err := all.options.Nodes.RemoveTaints(ctx, i.name, taints); err != nil && ctx.Err() == nil {
			all.failed(fmt.Errorf("group %s: %w", i.group.config.Name, err))
		}
	})
}
