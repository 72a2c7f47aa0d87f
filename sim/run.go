package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	schedulerapi "k8s.io/kubernetes/pkg/scheduler/apis/config"

	"simk.dev/simk/autoscale/config"
	"simk.dev/simk/scheduler"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/controlplane"
	"simk.dev/simk/sim/limits"
	"simk.dev/simk/sim/report"
	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/interrupt"
)

// InputError is an error in what the user gave: usage, trace or configuration.
type InputError struct{ Err error }

func (e *InputError) Error() string { return e.Err.Error() }
func (e *InputError) Unwrap() error { return e.Err }

// Outcome is what a run leaves.
type Outcome struct {
	Report *report.Report
	// ReadyAfter and Took are wall time: from the start to a cluster that
	// accepts the trace, and for the whole run.
	ReadyAfter, Took time.Duration
	// Forgotten is how many pods the report knows nothing of: a live cluster whose
	// results nobody wants keeps the last that are gone only.
	Forgotten int
}

const (
	// bootAhead is how long before the trace's start the control plane starts,
	// in virtual time. What it needs varies (an election); the trace's zero does not.
	bootAhead = 10 * time.Minute
	// componentsAhead is how long before the start the components do, all caches being
	// filled. How often these are asked whether they are depends on the order of a map
	// of types, which is that of addresses and so another in each build. The tickers that
	// begin then are not to fall on the instants of a trace, most of which are whole seconds.
	componentsAhead = 5*time.Minute - 10*time.Millisecond
	// clusterAhead is how long before the start nodes and all that is not a
	// workload are applied.
	clusterAhead = time.Minute
	// wallAhead is what is left of both in wall-clock time, where the trace's
	// zero is shortly after the start of the process.
	wallAhead = 5 * time.Second
)

// Run replays a trace. When ctx ends before the run does, the outcome is what
// happened so far, marked incomplete, with ctx's error.
//
// A process makes one run at a time: Kubernetes keeps feature gates, metrics and logs in
// globals. Of several, one after the other, only the first gives the same bytes each time; later
// ones begin where the virtual clock is, if that is behind their trace's start.
func Run(ctx context.Context, options Options) (*Outcome, error) {
	began := clock.Wall()
	if err := options.validate(false); err != nil {
		return nil, &InputError{err}
	}
	return options.inScratch(func(s *scratch, hooks *hooks) (*Outcome, error) { return runIn(ctx, s.data, options, hooks, began) })
}

// runIn replays a trace in a scratch folder. The run began, in wall time, before.
func runIn(ctx context.Context, dir string, options Options, hooks *hooks, began time.Time) (outcome *Outcome, err error) {
	c, err := startVirtual(ctx, dir, &options, false, func() error {
		interrupt.Listen(nil) // from here on ctx ends the run, and nothing else may have a turn
		return hooks.at(ctx, BeforeStart)
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	outcome = &Outcome{ReadyAfter: clock.Wall().Sub(began)}
	if err := hooks.at(ctx, BeforeRun); err != nil {
		return nil, err
	}
	end, runErr := c.run(ctx)
	if runErr == nil {
		runErr = hooks.at(ctx, AfterRun)
	}
	if errors.As(runErr, new(*InputError)) || errors.As(runErr, new(*limits.Error)) {
		return nil, runErr
	}
	return outcome, c.conclude(outcome, began, end, runErr, runErr == nil || ctx.Err() != nil)
}

// startVirtual reads what the options name and brings up a cluster that lives in virtual time
// alone. driven: a Go program drives it, which may let nodes fail. before is called when
// all is read and nothing has begun; its error ends the start.
func startVirtual(ctx context.Context, dir string, o *Options, driven bool, before func() error) (*Cluster, error) {
	in, err := readInput(o, false)
	if err == nil {
		err = o.prepareOut()
	}
	if err != nil {
		return nil, &InputError{err}
	}
	if err := before(); err != nil {
		return nil, err
	}
	in.afterNow()
	seed(o.Seed)
	if err := tuneMemory(collectReplay); err != nil {
		return nil, err
	}
	return start(ctx, dir, o, in, controlplane.Options{
		Policies: o.AdmissionPolicies || in.summary.AdmissionPolicies, NodesFail: driven || in.nodesFail(),
	})
}

// runInput is all that a run reads, checked before anything is started.
type runInput struct {
	summary    *tracer.Summary
	scheduler  *schedulerapi.KubeSchedulerConfiguration
	nodes      []tracer.Object
	machines   *machines      // that the nodes are; nil: they are from a file, or the trace's
	autoscaler *config.Config // nil: none
	inReport   optionsInReport
}

// readInput reads it for a replay or an interactive cluster.
func readInput(o *Options, interactive bool) (*runInput, error) {
	in := &runInput{}
	if err := in.readTrace(o); err != nil {
		return nil, err
	}
	if !clock.Virtual {
		in.summary.Head.StartTime = time.Now().Add(wallAhead) // no waiting for, or rushing through, another time
	}
	in.inReport = optionsInReport{
		NodeCount: o.NodeCount, Machine: o.Machine, FeatureGates: o.FeatureGates, EndpointSlices: o.EndpointSlices,
		Behaviour: o.Behaviour, RunTimes: o.RunTimes, OnError: "stop",
	}
	if o.ContinueOnError {
		in.inReport.OnError = "continue"
	}
	if o.Duration > 0 {
		in.inReport.Duration = o.Duration.String()
	}
	for _, d := range []struct {
		document Document
		digest   *string
		parse    func(name string, text []byte) error
	}{
		{o.SchedulerConfig, &in.inReport.SchedulerConfig, func(name string, text []byte) (err error) {
			if in.scheduler, err = scheduler.Parse(name, text); err != nil {
				return err
			}
			return readExtenders(name, text, in.scheduler.Extenders, interactive)
		}},
		{o.Autoscaler, &in.inReport.Autoscaler, func(name string, text []byte) (err error) {
			in.autoscaler, err = readAutoscaler(name, text, interactive)
			return err
		}},
		{o.Nodes, &in.inReport.Nodes, func(name string, text []byte) (err error) { in.nodes, err = readNodes(name, text); return err }},
	} {
		if d.document.IsZero() {
			continue
		}
		text, digest, err := d.document.read()
		if err != nil {
			return nil, err
		}
		if err := d.parse(d.document.name(), text); err != nil {
			return nil, err
		}
		*d.digest = digest
	}
	err := o.checkParts(interactive)
	if err != nil {
		return nil, err
	}
	if in.inReport.Parts, err = settingsOf(o.Parts); err != nil {
		return nil, err
	}
	if in.machines, err = machinesOf(o); err != nil {
		return nil, err
	}
	if in.machines != nil {
		in.nodes = in.machines.nodes()
	}
	if interactive {
		in.addStorageClass()
	}
	return in, nil
}

// readTrace checks the trace, or makes an empty one.
func (in *runInput) readTrace(o *Options) (err error) {
	check := tracer.CheckOptions{NodesReplaced: o.BringsNodes(), Naming: o.trace.Naming, Look: unreadable(o.Warn)}
	if o.trace.Path == "" {
		in.summary = &tracer.Summary{Head: &tracer.Head{Name: "empty", StartTime: tracer.DefaultStartTime}}
	} else if in.summary, err = tracer.Check(o.trace.Path, check); err != nil {
		if o.trace.Unrecognised != nil && errors.As(err, new(*tracer.Error)) {
			err = fmt.Errorf("%w\n%w", err, o.trace.Unrecognised)
		}
		return err
	}
	if start := in.summary.Head.StartTime; start.Add(-bootAhead).Before(clock.Earliest) {
		return fmt.Errorf("%s: startTime %s is before %s, where simk's clock begins; give the trace a later one", o.trace.Naming.Name,
			start.Format(time.RFC3339), clock.Earliest.Add(bootAhead).Format(time.RFC3339))
	}
	return o.checkDuration(in.summary.Head.StartTime)
}

func (in *runInput) meta(o *Options) report.Meta {
	return report.Meta{
		Version: Version, TraceName: in.summary.Head.Name, TraceSHA256: in.summary.SHA256,
		Start: in.summary.Head.StartTime, Options: in.inReport, Seed: o.Seed,
	}
}

// end is the offset at which the run ends; 0: at quiescence.
func (in *runInput) end(o *Options) time.Duration {
	if o.Duration > 0 {
		return o.Duration
	}
	return in.summary.Head.Duration
}

// run brings in the trace's objects and replays its events. It returns the
// offset at which the run ended.
func (c *Cluster) run(ctx context.Context) (time.Duration, error) {
	if err := c.populate(ctx); err != nil {
		return 0, c.cause(ctx, err)
	}
	if view := c.options.Watch; view != nil {
		view.Start(ctx, c.snapshot)
		defer view.Over()
	} else if c.options.Speed > 0 {
		go clock.Pace(ctx, c.options.Speed)
	}
	var end time.Duration
	err := c.withEvents(func(events tracer.Source) (err error) {
		end, err = c.replay.Run(c.group.ctx, events)
		return err
	})
	return end, c.cause(ctx, err)
}

// cause is why a loop ended: if not because ctx did, then because a component
// stopped.
func (c *Cluster) cause(ctx context.Context, err error) error {
	if cause := context.Cause(c.group.ctx); cause != nil && ctx.Err() == nil {
		return cause
	}
	return err
}

// Version is the version of simk, set when it is built.
var Version = "dev"
