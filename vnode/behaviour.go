package vnode

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	vknode "github.com/virtual-kubelet/virtual-kubelet/node"
	"github.com/virtual-kubelet/virtual-kubelet/node/nodeutil"
	corev1 "k8s.io/api/core/v1"

	"simk.dev/simk/tracer/annotation"
	_ "simk.dev/simk/vnode/internal/quiet" // nodeutil brings a ticker
)

// BuiltIn is the behaviour (annotation.Behaviour) of nodes whose pods live as their Lifecycle says.
const BuiltIn = "builtin"

// annotationKwok marks nodes of KWOK's with the value "fake": its controller leaves others alone.
const (
	annotationKwok = "kwok.x-k8s.io/node"
	behaviourKwok  = "kwok"
)

// Behaviour is who runs the pods of some nodes in the place of the built-in life cycle.
type Behaviour struct {
	// NewProvider makes the virtual-kubelet provider of one node, see ProviderFunc. Nil: somebody
	// who watches the API runs the pods, and asks Serves of which nodes.
	NewProvider ProviderFunc
	// DrivesNodes: who runs the pods also reports the state of the Node objects. They begin
	// without conditions, addresses and versions, as a Node does that no kubelet has seen yet.
	DrivesNodes bool
	// ResolvesEnvironment: the provider finds out itself what the variables of containers are that
	// refer to ConfigMaps, Secrets and fields. Else virtual-kubelet does, as it does by default.
	ResolvesEnvironment bool
	// Workers is how many pods of all its nodes a provider is asked to start or stop at a time; 0:
	// one. With more, the order is not the same each time.
	Workers int
}

// ProviderFunc makes the provider of a node, as virtual-kubelet's own nodeutil.NewProviderFunc
// does. It may change config.Node, such as its capacity. The provider must be a
// virtual-kubelet PodNotifier too. A nil NodeProvider: the node is well as long as it has not been
// made to fail.
type ProviderFunc func(config nodeutil.ProviderConfig) (vknode.PodLifecycleHandler, vknode.NodeProvider, error)

// behaviourOf is the name of the behaviour of a node: what its annotation says, else the pool's.
func (p *Pool) behaviourOf(object *corev1.Node) (string, error) {
	name := object.Annotations[annotation.Behaviour]
	if _, ok := p.config.Behaviours[behaviourKwok]; ok && name == "" && object.Annotations[annotationKwok] == "fake" {
		name = behaviourKwok
	}
	name = cmp.Or(name, p.config.Behaviour, BuiltIn)
	if _, ok := p.config.Behaviours[name]; ok || name == BuiltIn {
		return name, nil
	}
	known := append([]string{BuiltIn}, slices.Sorted(maps.Keys(p.config.Behaviours))...)
	return "", fmt.Errorf("node %s: there is no behaviour %q: this cluster has %q", object.Name, name, known)
}

// Serves tells whether the node is one of the behaviour that works at this moment: it has
// neither failed nor is it still booting.
func (p *Pool) Serves(behaviour, name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.nodes[name]
	return n != nil && n.behaviour == behaviour && !n.failed && !n.booting
}

// runs tells whether the node is one of the behaviour, working or not.
func (p *Pool) runs(behaviour, name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.nodes[name]
	return n != nil && n.behaviour == behaviour
}

// NodeIP is the address that the pool has given the node; empty: it has no such node.
func (p *Pool) NodeIP(name string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := p.nodes[name]; n != nil {
		return n.ip
	}
	return ""
}

// NewPodIP hands out an address for a pod that somebody else runs.
func (p *Pool) NewPodIP() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pods++
	return podIP(p.pods)
}

// unreported takes out of a node what whoever drives it will report.
func unreported(n *corev1.Node) {
	n.Status = corev1.NodeStatus{Capacity: n.Status.Capacity, Allocatable: n.Status.Allocatable}
}
