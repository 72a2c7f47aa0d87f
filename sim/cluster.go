package sim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	restclient "k8s.io/client-go/rest"

	"simk.dev/simk/scheduler"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/controlplane"
	"simk.dev/simk/sim/recorder"
	"simk.dev/simk/sim/replay"
	"simk.dev/simk/sim/report"
	"simk.dev/simk/vnode"
)

// Cluster is a simulated cluster, as its parts see it.
type Cluster struct {
	options *Options
	in      *runInput
	plan    controlplane.Options
	dir     string    // the scratch folder
	zero    time.Time // of the trace

	plane   *controlplane.ControlPlane
	dynamic dynamic.Interface
	group   *group
	// parts are simk's own, in the order in which they start: those that do before the trace's
	// objects are applied, followed by the user's, and those that do at its zero.
	parts, late []Part
	pool        *vnode.Pool
	scheduler   *scheduler.Scheduler
	lives       *lifecycles
	owners      *owners
	scaling     *scaling // nil: nodes neither come nor go by themselves
	replay      *replay.Replay

	recorder *recorder.Recorder
	events   *recorder.Events
	// attempts are the scheduler's, recorded to be explained. Nil: none is.
	attempts *recorder.JSONLines
	// logs are those that parts have asked for.
	logs []*recorder.JSONLines

	// Of one that Start brought up: when, in wall time, and its folders.
	began   time.Time
	scratch *scratch
}

// Client is a typed client of the API. Who asks may do everything.
func (c *Cluster) Client() kubernetes.Interface { return c.plane.Client }

// Dynamic is a client for objects of any kind, custom resources too.
func (c *Cluster) Dynamic() dynamic.Interface { return c.dynamic }

// RESTConfig is for clients of one's own, such as controller-runtime's. It leads to the API in
// memory, without a socket, and speaks JSON.
func (c *Cluster) RESTConfig() *restclient.Config { return c.plane.JSONConfig() }

// Informers are shared by all that is in the cluster, and are started after Init. A cache of
// one's own would hold each object another time.
func (c *Cluster) Informers() informers.SharedInformerFactory { return c.plane.Informers }

// Zero is the instant at which the trace begins. Parts start some virtual minutes before.
func (c *Cluster) Zero() time.Time { return c.zero }

// End is the offset from Zero at which the run ends; 0: when nothing happens any more.
func (c *Cluster) End() time.Duration { return c.in.end(c.options) }

// Seed is where the run's random choices start.
func (c *Cluster) Seed() int64 { return c.options.Seed }

// Nodes are the virtual nodes.
func (c *Cluster) Nodes() *vnode.Pool { return c.pool }

// Hold keeps the scheduler from placing pods until do has returned and all have reacted to it:
// what do does happens at one instant.
func (c *Cluster) Hold(do func()) { c.scheduler.Hold(func() { do(); clock.Settle() }) }

// Event posts an Event about an object: into events.jsonl of the results, and in a live cluster
// into the API. component is who posts it; eventType is Normal or Warning.
func (c *Cluster) Event(component string, about runtime.Object, eventType, reason, note string) {
	c.poster(component, component)(about, eventType, reason, note)
}

// Log makes a file part-NAME.jsonl in the results, to which the returned function appends a value
// as a line of JSON. It returns an error for a name that is taken. Call it in Init.
func (c *Cluster) Log(name string) (add func(line any), err error) {
	if !partName.MatchString(name) {
		return nil, fmt.Errorf("a file of the results cannot be called %q", name)
	}
	file := report.PartFile(name)
	if slices.ContainsFunc(c.logs, func(l *recorder.JSONLines) bool { return l.Name() == file }) {
		return nil, fmt.Errorf("two parts write %s", file)
	}
	l, err := recorder.NewJSONLines(c.logFolder(), file, c.zero)
	if err != nil {
		return nil, err
	}
	c.logs = append(c.logs, l)
	return l.Add, nil
}

// start brings the cluster up, one part after the other, at a fixed virtual instant before the
// trace's start.
func start(ctx context.Context, dir string, o *Options, in *runInput, plan controlplane.Options) (_ *Cluster, err error) {
	head := in.summary.Head
	clock.JumpTo(head.StartTime.Add(-bootAhead))
	if err := controlplane.SetFeatureGates(o.FeatureGates); err != nil {
		return nil, &InputError{err}
	}
	c := &Cluster{options: o, in: in, dir: dir, zero: head.StartTime, group: newGroup(ctx)}
	plan.Event, plan.APIs, plan.Admission = c.posted, apisOf(o.Parts), admissionOf(o.Parts)
	plan.Logs, plan.Kubelet = c.containerLogs, func(node string) http.Handler { return c.pool.Kubelet(node) }
	c.plan = plan
	defer func() {
		if err != nil {
			_ = c.stop() // err says what happened
		}
	}()
	if c.plane, err = controlplane.Start(c.group.base, dir, plan); err != nil {
		return nil, err
	}
	if c.dynamic, err = dynamic.NewForConfig(c.plane.JSONConfig()); err != nil {
		return nil, fmt.Errorf("create dynamic client: %w", err)
	}
	if c.events, err = recorder.NewEvents(c.logFolder(), head.StartTime, o.Watch != nil || plan.Interactive); err != nil {
		return nil, err
	}
	c.owners = &owners{c.plane.Informers}
	c.recorder = c.newRecorder()
	if err := c.init(); err != nil {
		return nil, err
	}
	c.plane.Informers.Start(c.group.base.Done())
	if err := c.plane.AwaitCaches(c.group.ctx); err != nil {
		return nil, err
	}
	clock.JumpTo(head.StartTime.Add(-componentsAhead))
	for _, p := range slices.Concat(c.parts, c.options.Parts) {
		if err := c.group.start(p); err != nil {
			return nil, err
		}
	}
	return c, ctx.Err()
}

// init prepares all parts.
func (c *Cluster) init() error {
	c.parts = c.shipped()
	scaling, err := c.scalingParts()
	if err != nil {
		return err
	}
	c.late = scaling
	for _, p := range c.allParts() {
		if err := p.Init(c); errors.As(err, new(*InputError)) {
			return err // it says what is to be changed
		} else if err != nil {
			return fmt.Errorf("prepare %s: %w", p.Name(), err)
		}
	}
	c.replay, err = c.newReplay()
	return err
}

// allParts are in the order in which they are prepared.
func (c *Cluster) allParts() []Part { return slices.Concat(c.parts, c.late, c.options.Parts) }

// stop stops all that runs, in the reverse order, and waits for it.
func (c *Cluster) stop() error {
	err := c.group.stop()
	if c.plane != nil {
		c.plane.Stop()
	}
	return err
}

// posted hears of each Event that a component posts.
func (c *Cluster) posted(e *corev1.Event) {
	c.events.Core(e)
	c.recorder.Event(e)
}

// adapt lets parts change an object before it is applied.
func (c *Cluster) adapt(o *unstructured.Unstructured) error {
	for _, p := range slices.Concat(c.late, c.options.Parts) {
		if a, ok := p.(Adapter); ok {
			if err := a.Adapt(o); err != nil {
				return fmt.Errorf("%s: %w", p.Name(), err)
			}
		}
	}
	return nil
}
