package sim

import (
	"context"
	"fmt"
	"io"
	"slices"

	vkapi "github.com/virtual-kubelet/virtual-kubelet/node/api"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	api "k8s.io/kubernetes/pkg/apis/core"

	"simk.dev/simk/sim/controlplane"
	"simk.dev/simk/sim/history"
	"simk.dev/simk/tracer"
	"simk.dev/simk/vnode"
)

// NodeRunner is a part that runs the pods of nodes: of those whose annotation simk.dev/behaviour is
// the part's name, and of all that have no such annotation, if Options.Behaviour is it.
type NodeRunner interface {
	// Behaviour says how. It is called once, before Init and after Check.
	Behaviour() vnode.Behaviour
}

// LiveOnly is a part that a replay cannot have, since what it does is not simulated.
type LiveOnly interface {
	// LiveOnly says why, to go on from "part NAME".
	LiveOnly() string
}

// Checker is a part whose settings need a further look before anything is started.
type Checker interface {
	// Check reads the files that the settings name and checks what it can; its error is the user's.
	// warn hears what is left out, in words for a line of a terminal, and is never nil.
	Check(warn func(string)) error
	// InReport are the settings as the report has them, a value for JSON: the same for the same
	// files, wherever they are. It is called after Check.
	InReport() any
}

// Relative is a part whose settings name files.
type Relative interface {
	// RelativeTo is called before Check if the settings are from a file: paths are relative to
	// its folder.
	RelativeTo(dir string)
}

// RegisterProvider adds a virtual-kubelet provider that nodes can have, by a name for their
// annotation simk.dev/behaviour. It is a part without settings: a run configuration enables it by
// `parts: {NAME: {}}`. Names are as for Register.
//
// In a replay the provider lives in virtual time and must keep its rules, see Part; it must be a
// virtual-kubelet PodNotifier, since nobody asks it what became of its pods.
func RegisterProvider(name string, newProvider vnode.ProviderFunc) {
	Register(name, func() Part { return &providerPart{name, newProvider} })
}

type providerPart struct {
	name        string
	newProvider vnode.ProviderFunc
}

func (p *providerPart) Name() string        { return p.name }
func (p *providerPart) Init(*Cluster) error { return nil }

func (p *providerPart) Run(ctx context.Context, ready func()) error {
	ready()
	<-ctx.Done()
	return nil
}

func (p *providerPart) Behaviour() vnode.Behaviour {
	return vnode.Behaviour{NewProvider: p.newProvider}
}

// checkParts lets parts look at their settings, and refuses those that the run cannot have.
func (o *Options) checkParts(interactive bool) error {
	warn := o.Warn
	if warn == nil {
		warn = func(string) {}
	}
	for _, p := range o.Parts {
		if live, ok := p.(LiveOnly); ok && !interactive {
			return fmt.Errorf("part %s %s: use simk up", p.Name(), live.LiveOnly())
		}
		if c, ok := p.(Checker); ok {
			if err := c.Check(warn); err != nil {
				return err
			}
		}
	}
	if o.Behaviour != "" && o.Behaviour != vnode.BuiltIn && !slices.ContainsFunc(o.Parts, o.isBehaviour) {
		return fmt.Errorf("there is no behaviour %q: it is %q, or a part that runs nodes and is enabled in the run configuration",
			o.Behaviour, vnode.BuiltIn)
	}
	return nil
}

// isBehaviour tells whether a part is the one that Behaviour names.
func (o *Options) isBehaviour(p Part) bool {
	_, ok := p.(NodeRunner)
	return ok && p.Name() == o.Behaviour
}

// behaviours are those that parts bring, and the name of the one that is the default.
func (c *Cluster) behaviours() (all map[string]vnode.Behaviour, byDefault string) {
	for _, p := range c.options.Parts {
		if r, ok := p.(NodeRunner); ok {
			if all == nil {
				all = map[string]vnode.Behaviour{}
			}
			all[p.Name()] = r.Behaviour()
		}
	}
	return all, c.options.Behaviour
}

// HasRunTime tells whether the trace, the pod's annotations or the run say how long a pod runs: a
// part that runs pods and does not follow them should say so.
func (c *Cluster) HasRunTime(p *corev1.Pod) bool { return c.lives.knows(p) }

// Warn tells the user something that changes what the run means, in words for a line of a terminal.
func (c *Cluster) Warn(text string) {
	if c.options.Warn != nil {
		c.options.Warn(text)
	}
}

// RESTMapper knows which resource serves a kind, custom resources too.
func (c *Cluster) RESTMapper() meta.RESTMapper { return c.plane.RESTMapper() }

// Rejected notes in the report that a part could do nothing with an object, if the user wants to go
// on, and else returns err, which ends the run when Run returns it.
func (c *Cluster) Rejected(about interface {
	GetNamespace() string
	GetName() string
}, kind string, err error) error {
	if !c.options.ContinueOnError {
		return err
	}
	object := tracer.ObjectRef{Kind: kind, Namespace: about.GetNamespace(), Name: about.GetName()}
	c.recorder.Reject(history.Rejection{At: c.recorder.Now(), Object: object.String(), Message: err.Error()})
	return nil
}

// Routine marks what is written with the returned context as something that comes back for ever,
// such as a heartbeat: a run that ends when nothing happens any more does not wait for it.
func Routine(ctx context.Context) context.Context { return controlplane.Routine(ctx) }

// Scratch is a folder for what a part has to write besides results. It is removed when the run is
// over.
func (c *Cluster) Scratch() string { return c.dir }

// containerLogs are what a container has printed whose pod a provider runs.
func (c *Cluster) containerLogs(ctx context.Context, pod *api.Pod, container string, o *api.PodLogOptions) (io.ReadCloser, bool, error) {
	options := vkapi.ContainerLogOpts{Timestamps: o.Timestamps, Follow: o.Follow, Previous: o.Previous}
	for _, n := range []struct {
		from *int64
		to   *int
	}{{o.TailLines, &options.Tail}, {o.LimitBytes, &options.LimitBytes}, {o.SinceSeconds, &options.SinceSeconds}} {
		if n.from != nil {
			*n.to = int(*n.from)
		}
	}
	if o.SinceTime != nil {
		options.SinceTime = o.SinceTime.Time
	}
	return c.pool.Logs(ctx, pod.Spec.NodeName, pod.Namespace, pod.Name, container, options)
}
