package replay

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/metadata"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/recorder"
	"simk.dev/simk/tracer"
)

// Config is what a replay is told about the cluster and the run. All fields are needed but those
// that say what nil or empty means.
type Config struct {
	// Zero is the instant at which the trace begins.
	Zero time.Time
	// End is the offset from Zero at which the run ends; 0: at quiescence.
	End time.Duration
	// Seed decides the order in which nodes join.
	Seed int64

	Client  kubernetes.Interface
	Dynamic dynamic.Interface
	// Metadata deletes objects: its answers are short.
	Metadata     metadata.Interface
	ControlPlane ControlPlane
	// Pods are those that exist, from a cache that is filled.
	Pods     listers.PodLister
	Nodes    Nodes
	Recorder *recorder.Recorder

	// Owner is a pod's top-level owner, as Deployment and web; a bare pod is its own.
	Owner func(*corev1.Pod) (kind, name string)
	// GroupOf is the group of machines that names nodes so; empty: none does.
	GroupOf func(node string) string
	// Adapt may change an object before it is applied. Its error counts as the apiserver's refusal.
	Adapt func(*unstructured.Unstructured) error
	// AppliedAgain tells whether the trace applies an object more than once.
	AppliedAgain func(tracer.ObjectRef) bool

	// ReplaceNodes leaves the trace's own nodes out.
	ReplaceNodes bool
	// Interactive says that clients outside see the objects, and that the apiserver calls webhooks.
	Interactive bool
	// ContinueOnError records what the apiserver refuses, instead of ending the run.
	ContinueOnError bool

	// NextSteps tell when something will happen though nothing changes: see sim.Stepper.
	NextSteps []func() (t time.Time, ok bool)
	// Step is called after each step of the run.
	Step func(Position)
	// Watched says that somebody wants to see time pass: there are steps at least each StepEvery.
	Watched bool
}

// ControlPlane is what a replay asks for beside the API. Package controlplane has it.
type ControlPlane interface {
	// Mapping is the resource that serves a kind; an error, if none does.
	Mapping(kind schema.GroupVersionKind) (*meta.RESTMapping, error)
	// InvalidateDiscovery is called when there may be kinds that there were not before.
	InvalidateDiscovery()
	// LastWrite is when the apiserver last accepted a change.
	LastWrite() time.Time
}

// Nodes are the machines of the cluster, by the names of their nodes. Package vnode has them.
type Nodes interface {
	Has(name string) bool
	// Add brings a node in: Ready, or booting.
	Add(ctx context.Context, node *corev1.Node, booting bool) error
	// Update makes a node what object says. With merge its labels and annotations are added to
	// those that the node has.
	Update(ctx context.Context, object *corev1.Node, merge bool) error
	// Remove takes a node away. One that is gone is no error.
	Remove(ctx context.Context, name string) error
	// Fail stops a node that runs, and Recover brings one back that has Failed.
	Fail(name string) error
	Failed(name string) bool
	Recover(ctx context.Context, name string) error
	// ReportResources is called before a pod is resized, whose status has to say by then what it has.
	ReportResources(namespace, pod string)
}

// Replay drives one run through a trace. Position may be called from any goroutine; of the other
// methods one runs at a time.
type Replay struct {
	config  Config
	applier *applier
	drainer *drainer

	mu       sync.Mutex
	position Position
}

// Position is how far a replay is.
type Position struct {
	Phase Phase
	// Fired is how many events have happened.
	Fired int
	// Next is when the next event happens; zero: it is not known, or there is none.
	Next time.Time
}

// Phase is what a replay does.
type Phase string

const (
	// Objects are brought in, those that exist at the start.
	Objects Phase = "objects"
	// Events happen, or time goes on after the last one.
	Events Phase = "replay"
)

// New returns a replay that has done nothing yet.
func New(c Config) *Replay {
	r := &Replay{config: c, drainer: newDrainer(c.Client), position: Position{Phase: Objects}}
	r.applier = newApplier(&r.config)
	return r
}

// Position is how far it is.
func (r *Replay) Position() Position {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.position
}

// move changes the position.
func (r *Replay) move(change func(*Position)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.position)
}

// step tells of a step of the run.
func (r *Replay) step() {
	r.move(func(p *Position) { p.Phase = Events })
	r.config.Step(r.Position())
}

// Populate brings in what exists at the start: nodes that replace those of the trace, then its
// objects, each after those that it needs. Workloads come at the trace's zero, which is the time
// when Populate returns. Its error is ctx's, or a *RefusedError.
func (r *Replay) Populate(ctx context.Context, nodes, objects []tracer.Object) error {
	var refused refusals
	for _, node := range nodeOrder(nodes, r.config.Seed) {
		if err := r.applier.addNode(ctx, node); err != nil {
			refused.add(node, err)
		}
	}
	started := false
	for _, o := range byDependency(nodeOrder(objects, r.config.Seed)) {
		if !started && isWorkload(o.GetKind()) {
			started = true
			clock.JumpTo(r.config.Zero)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.applier.apply(ctx, o); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			refused.add(o, err)
		}
		if len(refused) >= mostRefusals && !r.config.ContinueOnError {
			break
		}
	}
	if err := r.settleRefusals(refused); err != nil {
		return err
	}
	clock.JumpTo(r.config.Zero)
	r.applier.began = true
	return nil
}

// Run is the simulation. For each event of the trace, in file order:
//
//	jump to the event's instant, where everything due before happens first;
//	fire it, one object at a time;
//	settle: let every component react until nothing is left to do.
//
// After the last event time goes on to Config.End, or without one to quiescence. Run returns the
// offset from Zero at which the run ended; an error other than ctx's means that the run failed.
func (r *Replay) Run(ctx context.Context, events tracer.Source) (time.Duration, error) {
	if err := r.Fire(ctx, events); err != nil {
		return r.config.Recorder.Now(), err
	}
	if r.config.End > 0 {
		return r.runToEnd(ctx)
	}
	return r.runToQuiescence(ctx)
}

// StepEvery is how often, in virtual time, there are steps while no event happens.
const StepEvery = 10 * time.Minute

// runToEnd lets time pass to offset Config.End.
func (r *Replay) runToEnd(ctx context.Context) (time.Duration, error) {
	end := r.config.End
	for at := time.Since(r.config.Zero); at < end; at = time.Since(r.config.Zero) {
		next := min(at+StepEvery, end)
		if err := clock.Jump(ctx, r.config.Zero.Add(next)); err != nil {
			return r.config.Recorder.Now(), err
		}
		r.step()
	}
	clock.Settle()
	return end, nil
}
