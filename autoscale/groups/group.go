package groups

import (
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/autoscale/config"
)

// GroupLabel is on every node of a group and holds its name.
const GroupLabel = "simk.dev/node-group"

// Errors of changes that are not possible.
var (
	ErrBounds  = errors.New("beyond the group's bounds")
	ErrForeign = errors.New("not a machine of this group")
)

// Group is a group of equal machines.
type Group struct {
	all    *Groups
	config *config.NodeGroup

	// guarded by all.mu
	instances []*instance // oldest first
	created   int         // machines ever asked for
}

// Name is the group's name.
func (g *Group) Name() string { return g.config.Name }

// Config is the group's configuration.
func (g *Group) Config() *config.NodeGroup { return g.config }

// Size is how many machines the group has or waits for; one that failed counts
// until it is deleted.
func (g *Group) Size() int {
	g.all.mu.Lock()
	defer g.all.mu.Unlock()
	return g.size()
}

func (g *Group) size() int {
	n := 0
	for _, i := range g.instances {
		if i.state != Deleting {
			n++
		}
	}
	return n
}

// Increase asks for delta more machines.
func (g *Group) Increase(delta int) error {
	g.all.mu.Lock()
	defer g.all.mu.Unlock()
	if size := g.size(); delta <= 0 || size+delta > g.config.Max {
		return fmt.Errorf("grow group %s from %d by %d nodes, at most %d: %w", g.config.Name, size, delta, g.config.Max, ErrBounds)
	}
	for range delta {
		g.request(nil)
	}
	return nil
}

// DecreaseTarget takes back requests for delta machines that have not registered,
// the newest first. It never deletes nodes.
func (g *Group) DecreaseTarget(delta int) error {
	g.all.mu.Lock()
	defer g.all.mu.Unlock()
	waiting := 0
	for _, i := range g.instances {
		if i.state == Creating {
			waiting++
		}
	}
	if delta <= 0 || delta > waiting {
		return fmt.Errorf("take back %d of group %s's %d requests: %w", delta, g.config.Name, waiting, ErrBounds)
	}
	for n := len(g.instances) - 1; delta > 0; n-- {
		if i := g.instances[n]; i.state == Creating {
			g.drop(i)
			delta--
		}
	}
	return nil
}

// Delete takes machines away, by their nodes' names; the group shrinks. Machines
// that did not register go too.
func (g *Group) Delete(names ...string) error {
	g.all.mu.Lock()
	defer g.all.mu.Unlock()
	var going []*instance
	for _, name := range names {
		i := g.all.byNode[name]
		if i == nil || i.group != g {
			return fmt.Errorf("delete node %s of group %s: %w", name, g.config.Name, ErrForeign)
		}
		if i.state != Deleting {
			going = append(going, i)
		}
	}
	if size := g.size(); size-len(going) < g.config.Min {
		return fmt.Errorf("shrink group %s from %d by %d nodes, at least %d: %w", g.config.Name, size, len(going), g.config.Min, ErrBounds)
	}
	for _, i := range going {
		g.remove(i)
	}
	return nil
}

// Instances returns the group's machines, oldest first.
func (g *Group) Instances() []Instance {
	g.all.mu.Lock()
	defer g.all.mu.Unlock()
	list := make([]Instance, 0, len(g.instances))
	for _, i := range g.instances {
		list = append(list, i.listed())
	}
	return list
}

// Template returns a node as the group's next machine would register it.
func (g *Group) Template() *corev1.Node {
	return g.TemplateOf(fmt.Sprintf("template-node-for-%s", g.config.Name), 0)
}

// TemplateOf returns a node of that name as the group's nth next machine, counted
// from 0, would register it: machines take their zones in turn.
func (g *Group) TemplateOf(name string, n int) *corev1.Node {
	g.all.mu.Lock()
	n += g.created
	g.all.mu.Unlock()
	return g.node(name, n)
}

// Expected returns the node as a machine that was asked for will register it, or
// nil if the group has no such machine.
func (g *Group) Expected(name string) *corev1.Node {
	g.all.mu.Lock()
	i := g.all.byNode[name]
	g.all.mu.Unlock()
	if i == nil || i.group != g {
		return nil
	}
	return i.node()
}

// node is the nth machine's, counted from 0.
func (g *Group) node(name string, n int) *corev1.Node {
	t := &g.config.Template
	labels := map[string]string{
		corev1.LabelHostname: name, corev1.LabelOSStable: "linux", corev1.LabelArchStable: "amd64", GroupLabel: g.config.Name,
	}
	if g.config.Machine != "" {
		labels[corev1.LabelInstanceTypeStable] = g.config.Machine
	}
	if len(g.config.Zones) > 0 {
		labels[corev1.LabelTopologyZone] = g.config.Zones[n%len(g.config.Zones)]
	}
	for k, v := range t.Labels {
		labels[k] = v
	}
	annotations := map[string]string{}
	for k, v := range t.Annotations {
		annotations[k] = v
	}
	allocatable := t.Capacity.DeepCopy()
	for name, q := range t.Allocatable {
		allocatable[name] = q
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels, Annotations: annotations},
		Spec:       corev1.NodeSpec{ProviderID: providerID(name), Taints: slices.Clone(t.Taints)},
		Status:     corev1.NodeStatus{Capacity: t.Capacity.DeepCopy(), Allocatable: allocatable},
	}
}

// resize is what a schedule does: it grows the group, or takes back requests and
// then deletes the newest machines. Bounds hold.
func (g *Group) resize(to int) {
	g.all.mu.Lock()
	defer g.all.mu.Unlock()
	to = min(max(to, g.config.Min), g.config.Max)
	from := g.size()
	for n := from; n < to; n++ {
		g.request(nil)
	}
	left := from - to
	for n := len(g.instances) - 1; n >= 0 && left > 0; n-- {
		if i := g.instances[n]; i.state != Deleting {
			g.remove(i)
			left--
		}
	}
	if from != to {
		reason := fmt.Sprintf("schedule: from %d to %d nodes", from, to)
		g.all.record(autoscale.Decision{Kind: autoscale.Resized, Group: g.config.Name, Delta: to - from, Reason: reason})
	}
}

// outOfCapacity says whether a request at t fails.
func (g *Group) outOfCapacity(t time.Time) bool {
	at := t.Sub(g.all.options.Start)
	return slices.ContainsFunc(g.config.Provisioning.OutOfCapacity, func(w config.Window) bool {
		return at >= w.From.Duration && at < w.To.Duration
	})
}
