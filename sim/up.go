package sim

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/controlplane"
	"simk.dev/simk/sim/live"
	"simk.dev/simk/sim/live/socket"
	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/interrupt"
	"simk.dev/simk/vnode/images"
	"simk.dev/simk/vnode/informer"
)

// UpOptions say how an interactive cluster runs. Its trace is optional.
type UpOptions struct {
	Options
	// Kubeconfig is the path of the file that lets clients in, which must not exist; it is
	// written when they can come and removed at the end. Empty: in the scratch folder.
	Kubeconfig string
	// MergeKubeconfig lets Kubeconfig exist: a context is added to it, made the current
	// one, and removed at the end. Empty is then the file that kubectl would change.
	MergeKubeconfig bool
	// CloudConfig is the path of the file that lets the user's own autoscaler in, if
	// the autoscaler's file says that it decides. It must not exist, too.
	CloudConfig string
	// RBAC lets the roles in the cluster decide what clients may do. Else all may do everything.
	RBAC bool
	// EventTTL is how long Events are kept, at least a second; 0: an hour.
	EventTTL time.Duration
	// KnownImages lets the containers of well-known images do what their commands say:
	// exit, sleep, fail their probes. ImageTable is a file that knows more of them, and may
	// be empty.
	KnownImages bool
	ImageTable  string
	// Port is that of the API on loopback; 0: any that is free.
	Port int
	// StartNow lets the cluster's time begin at the real time, not at the trace's.
	// Without a trace it always does.
	StartNow bool
	// Ready is called when clients can come. Nil: nobody.
	Ready func(socket.Status)
	// Tell hears what the user should know while the cluster runs. Nil: nobody.
	Tell func(string)
}

// Up runs a cluster that clients outside the process can use, until ctx ends,
// and replays a trace in it, if there is one. The cluster outlives the trace.
// What happened is in the outcome and, if wanted, in the output folder; an
// interactive cluster is not repeatable.
func Up(ctx context.Context, o UpOptions) (*Outcome, error) {
	began := clock.Wall()
	if err := o.validate(len(o.Inputs) == 0); err != nil {
		return nil, &InputError{err}
	}
	if o.EventTTL != 0 && o.EventTTL < time.Second {
		return nil, &InputError{fmt.Errorf("--event-ttl %v: Events are kept for a second at least", o.EventTTL)}
	}
	if err := checkParent(filepath.Dir(places()[0])); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, distrust(err)
	}
	return o.inScratch(func(s *scratch, hooks *hooks) (*Outcome, error) { return upIn(ctx, s, o, hooks, began) })
}

// upIn is Up in scratch folders; it began, in wall time, before.
func upIn(ctx context.Context, s *scratch, o UpOptions, hooks *hooks, began time.Time) (outcome *Outcome, err error) {
	in, err := readUpInput(&o)
	if err == nil {
		err = o.readImages()
	}
	var access *kubeconfig
	if err == nil {
		access, err = o.newKubeconfig(s.dir)
	}
	if err == nil {
		err = o.checkCloudConfig(in, s.dir)
	}
	if err == nil {
		err = o.prepareOut()
	}
	if err != nil {
		return nil, &InputError{err}
	}
	interrupt.Listen(nil) // as in a replay
	if err := hooks.at(ctx, BeforeStart); err != nil {
		return nil, err
	}
	seedCluster(o.Seed)
	if err := tuneMemory(collectUp); err != nil {
		return nil, err
	}
	c, err := start(ctx, s.data, &o.Options, in, controlplane.Options{Interactive: true, RBAC: o.RBAC, EventTTL: o.EventTTL})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	outcome = &Outcome{ReadyAfter: clock.Wall().Sub(began)}
	err = c.serve(ctx, s.dir, access, &o, hooks)
	var input *InputError
	if errors.As(err, &input) {
		return nil, err
	}
	for _, name := range c.plane.WebhooksNotCalled() {
		c.recorder.NotCalled(name)
	}
	return outcome, c.conclude(outcome, began, c.recorder.Now(), err, true)
}

// readUpInput is readInput for a cluster that needs no trace.
func readUpInput(o *UpOptions) (*runInput, error) {
	o.DefaultNodes = o.DefaultNodes || len(o.Inputs) == 0
	in, err := readInput(&o.Options, true)
	if err != nil {
		return nil, err
	}
	head := in.summary.Head
	if o.StartNow || len(o.Inputs) == 0 {
		head.StartTime = clock.Wall().UTC().Truncate(time.Second)
	}
	return in, nil
}

// readImages reads what is known of images.
func (o *UpOptions) readImages() (err error) {
	if !o.KnownImages && o.ImageTable == "" {
		return nil
	}
	var own []byte
	if o.ImageTable != "" {
		if own, err = os.ReadFile(o.ImageTable); err != nil {
			return fmt.Errorf("--image-table: %w", err)
		}
	}
	o.programs, err = images.New(o.ImageTable, own)
	return err
}

// serve lets clients in and replays the trace, until ctx ends. dir is the folder where
// clients of the machine look for the cluster.
func (c *Cluster) serve(ctx context.Context, dir string, access *kubeconfig, o *UpOptions, hooks *hooks) (err error) {
	if err := c.adoptNodes(); err != nil {
		return err
	}
	if err := c.populate(ctx); err != nil {
		return c.cause(ctx, err)
	}
	api, err := c.plane.Listen(o.Port)
	if err != nil {
		return &InputError{fmt.Errorf("serve the API on port %d: %w (--port 0 takes any that is free)", o.Port, err)}
	}
	if err := access.add(api.Kubeconfig, dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, access.remove()) }()
	if c.in.external() {
		remove, err := c.serveAutoscaler(dir, o)
		if err != nil {
			return err
		}
		defer remove()
	}
	commands, err := socket.Listen(filepath.Join(dir, socket.FileName))
	if err != nil {
		return err
	}
	pacer := clock.NewPacer(o.Speed)
	go pacer.Run(c.group.ctx)
	status := func() socket.Status { return c.status(pacer, api, access, o) }
	snapshot := func(q live.Query) live.Snapshot {
		s, pace := c.snapshot(q), pacer.State()
		s.Speed, s.Paused = pace.Speed, pace.Paused
		return s
	}
	nodes := c.in.machines.scaled()
	scale := func(ctx context.Context, n int) error { return c.scaleNodes(ctx, nodes, n) }
	answer := func(ctx context.Context, ready func()) error {
		ready()
		return socket.Serve(ctx, commands, socket.Cluster{
			Pacer: pacer, Status: status, Snapshot: snapshot, ScaleNodes: scale, Kubeconfig: kubeconfigs(api),
		})
	}
	watch := func(ctx context.Context, ready func()) error { return c.plane.RunWatchdog(ctx, ready, o.stalled) }
	for _, part := range []Part{&runner{"API listener", api.Serve}, &runner{"commands", answer}, &runner{"watchdog", watch}} {
		if err := c.group.start(part); err != nil {
			return c.cause(ctx, err)
		}
	}
	if o.Ready != nil {
		o.Ready(status())
	}
	return c.live(ctx, o, hooks)
}

// live replays the trace while clients can come, and waits for the end.
func (c *Cluster) live(ctx context.Context, o *UpOptions, hooks *hooks) error {
	hooks.live(o.Kubeconfig)
	if err := hooks.at(c.group.ctx, BeforeRun); err != nil && ctx.Err() == nil {
		return c.cause(ctx, err)
	}
	if len(o.Inputs) > 0 {
		err := c.withEvents(func(events tracer.Source) error { return c.replay.Fire(c.group.ctx, events) })
		if err != nil && ctx.Err() == nil {
			return c.cause(ctx, err)
		}
		if err := hooks.at(c.group.ctx, AfterRun); err != nil && ctx.Err() == nil {
			return c.cause(ctx, err)
		}
	}
	<-c.group.ctx.Done()
	return c.cause(ctx, nil)
}

func (c *Cluster) status(p *clock.Pacer, api *controlplane.Listener, access *kubeconfig, o *UpOptions) socket.Status {
	pace, progress := p.State(), c.recorder.Counts()
	s := socket.Status{
		Time: time.Now().UTC(), Speed: pace.Speed, Paused: pace.Paused,
		Server: "https://" + api.Address(), Kubeconfig: access.path, Context: access.name, CloudConfig: o.CloudConfig, Process: os.Getpid(),
		Events: c.replay.Position().Fired, EventsTotal: c.in.summary.Events,
		Nodes: progress.Nodes, Pending: progress.Pending, Running: progress.Running, Done: progress.Done,
	}
	if stall := c.plane.Stalled(); stall != nil {
		s.Stalled = stall.String()
	}
	return s
}

// stalled tells that the cluster makes no progress, or does again.
func (o *UpOptions) stalled(stall *controlplane.Stall) {
	switch {
	case o.Tell == nil:
	case stall == nil:
		o.Tell("the cluster makes progress again")
	default:
		o.Tell(stall.String())
	}
}

// adoptNodes lets nodes come and go that clients create and delete.
func (c *Cluster) adoptNodes() error {
	ctx := c.group.ctx
	_, err := c.plane.Informers.Core().V1().Nodes().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(obj any) {
			node := obj.(*corev1.Node)
			go func() { // handlers must not wait for the API
				if err := c.pool.Adopt(ctx, node); err != nil && ctx.Err() == nil {
					c.plane.PostEvent("simk", node, corev1.EventTypeWarning, "AdoptFailed", err.Error())
				}
			}()
		},
		DeleteFunc: func(obj any) { c.pool.Forget(informer.Object(obj).(*corev1.Node).Name) },
	})
	return err
}
