package groups

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
)

// Slices are the devices of a node of that name: what drivers on one of the group's
// machines would publish. Nil: there are none.
func (g *Group) Slices(node string) []*resourcev1.ResourceSlice {
	return g.config.Template.Slices(node)
}

// join makes the machine's node known, and then its devices.
func (i *instance) join(ctx context.Context, node *corev1.Node, booting bool) error {
	nodes := i.group.all.options.Nodes
	if err := nodes.Add(ctx, node, booting); err != nil {
		return err
	}
	slices := i.group.Slices(i.name)
	if len(slices) == 0 {
		return nil
	}
	return nodes.Publish(ctx, i.name, slices)
}
