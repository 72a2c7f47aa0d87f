package outside

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/virtual-kubelet/virtual-kubelet/node"
	"github.com/virtual-kubelet/virtual-kubelet/node/nodeutil"
	corev1 "k8s.io/api/core/v1"

	"simk.dev/simk/sim"
	"simk.dev/simk/vnode"
	"simk.dev/simk/vnode/process"
)

// Names of the parts, and so of the behaviours.
const (
	Process   = "process"
	Interlink = "interlink"
)

func init() {
	sim.Register(Process, func() sim.Part { return &processes{} })
	sim.Register(Interlink, func() sim.Part { return &interlinked{} })
}

// workers is how many pods of such nodes are started at a time: each may take a while.
const workers = 10

// processes is the part whose nodes' pods are processes of this machine.
type processes struct {
	config  process.Config
	cluster *sim.Cluster
}

func (*processes) Name() string     { return Process }
func (p *processes) Config() any    { return &p.config }
func (*processes) LiveOnly() string { return "runs real programs, which live in real time" }
func (p *processes) InReport() any  { return &p.config }
func (p *processes) Check(func(string)) error {
	if err := p.config.Check(); err != nil {
		return fmt.Errorf("part %s: %w", Process, err)
	}
	return nil
}

func (p *processes) Init(c *sim.Cluster) error {
	p.cluster = c
	p.config.Event = kubeletsEvents(c)
	return nil
}

func (*processes) Run(ctx context.Context, ready func()) error { return idle(ctx, ready) }

// Behaviour implements sim.NodeRunner. Each node has a folder of its own in the run's.
func (p *processes) Behaviour() vnode.Behaviour {
	newProvider := func(from nodeutil.ProviderConfig) (node.PodLifecycleHandler, node.NodeProvider, error) {
		config := p.config
		config.Dir = filepath.Join(p.cluster.Scratch(), "processes", from.Node.Name)
		return widen(process.New(config)(from))
	}
	return vnode.Behaviour{Workers: workers, ResolvesEnvironment: true, NewProvider: newProvider}
}

// widen returns what virtual-kubelet calls a provider as what the pool calls one.
func widen(p nodeutil.Provider, n node.NodeProvider, err error) (node.PodLifecycleHandler, node.NodeProvider, error) {
	if err != nil {
		return nil, nil, err
	}
	return p, n, nil
}

// kubeletsEvents posts a kubelet's Events about pods.
func kubeletsEvents(c *sim.Cluster) func(about *corev1.Pod, eventType, reason, note string) {
	return func(about *corev1.Pod, eventType, reason, note string) {
		c.Event("kubelet", about, eventType, reason, note)
	}
}

// idle is the run of a part that only waits.
func idle(ctx context.Context, ready func()) error {
	ready()
	<-ctx.Done()
	return nil
}
