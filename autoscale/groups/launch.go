package groups

import (
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Launch is a machine that is asked for by itself, as Karpenter does it. It counts
// like the group's other machines, but who asked for it owns it: it is not replaced
// when the cloud takes it back.
type Launch struct {
	// Zone is where it is to be; empty: the next of the group's zones.
	Zone string
	// Labels and Annotations come on top of the group's.
	Labels, Annotations map[string]string
	// Taints replace the group's.
	Taints []corev1.Taint
	// StartupTaints are those that the node loses when the group's agent has started,
	// whoever puts them on. Nil: none.
	StartupTaints []corev1.Taint
	// Warned is called when the cloud says that it will take the machine back. Nil:
	// nobody is told.
	Warned func(context.Context)
}

// Launch asks for one machine. The error is an *Error if the cloud has none, and
// ErrBounds if the group may not grow; then there is no machine.
func (g *Group) Launch(l Launch) (Instance, error) {
	g.all.mu.Lock()
	defer g.all.mu.Unlock()
	if size := g.size(); size >= g.config.Max {
		return Instance{}, fmt.Errorf("group %s has %d nodes, at most %d: %w", g.config.Name, size, g.config.Max, ErrBounds)
	}
	i := g.request(&l)
	if i.err != nil {
		g.drop(i)
		return Instance{}, i.err
	}
	return i.listed(), nil
}

// Instance returns the machine that bears that node; ok is false if there is none.
func (g *Groups) Instance(node string) (_ Instance, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := g.byNode[node]
	if i == nil {
		return Instance{}, false
	}
	return i.listed(), true
}

// node is as the machine registers it.
func (i *instance) node() *corev1.Node {
	n := i.group.node(i.name, i.number)
	if l := i.launch; l != nil {
		if l.Zone != "" {
			n.Labels[corev1.LabelTopologyZone] = l.Zone
		}
		maps.Copy(n.Labels, l.Labels)
		maps.Copy(n.Annotations, l.Annotations)
		n.Spec.Taints = slices.Clone(l.Taints)
	}
	return n
}
