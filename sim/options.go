package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/explain"
	"simk.dev/simk/sim/input"
	"simk.dev/simk/sim/live"
	"simk.dev/simk/vnode"
)

// Options say how a trace is replayed. The zero value replays it as fast as
// possible with upstream's defaults.
type Options struct {
	// Inputs are the trace: one of simk's own, or files of one data set of another format, such as
	// a dump or manifests. "-" is standard input.
	Inputs []string
	// HelmHooks says what becomes of the hooks of a Helm chart's install, in manifests: run or
	// skip; empty: run.
	HelmHooks string
	// Edit changes the trace. Nil: it stays as it is.
	Edit *input.Edit
	// Out is the folder for the results; empty: none are written.
	Out string
	// Seed starts the random choices of the scheduler and of simk; 0 means 1.
	Seed int64
	// Speed is virtual seconds per wall second; 0: as fast as possible.
	Speed float64
	// Duration ends the run at that offset; 0: where the trace says.
	Duration time.Duration
	// SchedulerConfig is a KubeSchedulerConfiguration; none: upstream's default.
	SchedulerConfig Document
	// Nodes are manifests whose Nodes replace those of the trace. None: these stay.
	Nodes Document
	// NodeCount is how many nodes of Machine replace those of the trace; 0: none.
	NodeCount int
	// Machine is what these nodes and DefaultNodes are like: a type of the autoscalers'
	// catalogue such as m5.xlarge, or CPUs and GiB; empty: 8x32.
	Machine string
	// DefaultNodes makes three nodes, unless others are brought.
	DefaultNodes bool
	// Autoscaler is an autoscaler's file. None: nodes neither come nor go.
	Autoscaler Document
	// FeatureGates are Kubernetes feature gates ("A=true,B=false").
	FeatureGates string
	// EndpointSlices runs the endpoint slice controller too.
	EndpointSlices bool
	// ContinueOnError counts and reports objects that the apiserver rejects, at the
	// start and during the run, instead of ending it.
	ContinueOnError bool
	// Hooks are commands to run at points of the run.
	Hooks []Hook
	// Explain says which attempts to place pods are recorded in Out: a mode of
	// package explain; empty: none.
	Explain explain.Mode
	// Logs receives what Kubernetes' components and libraries log; nil: nobody.
	Logs io.Writer
	// Say hears what was made of the inputs, and what a live cluster waits for; Warn what was left
	// out of them. Nil: nobody.
	Say, Warn func(string)
	// Progress receives what the run is doing, now and then; nil: nobody.
	Progress func(Progress)
	// Note receives what those who wait should know, once each and from any goroutine; nil:
	// nobody. It is fit for a line of a terminal.
	Note func(string)
	// Watch lets somebody look at the run and steer its time. Nil: nobody.
	Watch *live.Console

	// RunTimes say how pods run of which nothing else says it; the first that matches a pod counts.
	RunTimes []RunTime
	// Behaviour is who runs the pods of nodes that have no annotation simk.dev/behaviour: the name of
	// a part that is a NodeRunner; empty: vnode.BuiltIn, the life cycle that simk simulates.
	Behaviour string
	// Parts live in the cluster besides those that simk ships, see NewPart. Nil: none.
	Parts []Part

	// AdmissionPolicies says that admission policies will come which the trace does not hold: from
	// a part, or from who drives the cluster. Without it they are stored and not asked.
	AdmissionPolicies bool
	// AuditRounds hears of each round of Karpenter's that would have been left out, why, and
	// whether that had been right: none is left out then. It is for simk's own tests. Nil: rounds
	// are left out.
	AuditRounds func(why string, right bool)

	// programs know what containers do whose pods do not say it. Nil: none.
	programs vnode.Programs

	// trace is what the inputs are, or were made. It is set when they are opened.
	trace *input.Trace
}

// Progress is how far a run is.
type Progress struct {
	Phase                  string
	At, End                time.Duration // End is 0 when it is not known
	Events, EventsTotal    int
	Pending, Running, Done int
	Nodes                  int
}

// BringsNodes says that nodes come from elsewhere than the trace.
func (o *Options) BringsNodes() bool { return o.replacesNodes() || !o.Autoscaler.IsZero() }

// replacesNodes says that the trace's own nodes are left out.
func (o *Options) replacesNodes() bool { return !o.Nodes.IsZero() || o.NodeCount > 0 }

func (o *Options) validate(withoutTrace bool) error {
	Logs(o.Logs)
	switch {
	case len(o.Inputs) == 0 && !withoutTrace:
		return fmt.Errorf("no trace given")
	case clock.CheckSpeed(o.Speed) != nil:
		return clock.ErrSpeed
	case o.Duration < 0:
		return fmt.Errorf("duration %v is negative", o.Duration)
	}
	for i := range o.RunTimes {
		if err := o.RunTimes[i].check(); err != nil {
			return fmt.Errorf("runTimes[%d]: %w", i, err)
		}
	}
	for i := range o.Hooks {
		if err := o.Hooks[i].check(); err != nil {
			return err
		}
	}
	if err := o.Explain.Check(); err != nil {
		return err
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	return nil
}

// checkDuration refuses a duration that leads beyond the last instant that can be simulated, as
// the check of a trace does with its own.
func (o *Options) checkDuration(start time.Time) error {
	most := clock.Latest.Sub(start)
	if o.Duration <= most {
		return nil
	}
	return fmt.Errorf("%s: with the duration %v the run would end after %s, where the virtual clock ends: "+
		"from its startTime on, %s, at most %.0fh", o.trace.Naming.Name, o.Duration, clock.Latest.Format(time.RFC3339),
		start.Format(time.RFC3339), most.Truncate(time.Hour).Hours())
}

// optionsInReport is what the report says about the options: all that can change
// an outcome. Files are named by their contents, so that the same run from
// another folder gives the same report.
type optionsInReport struct {
	Duration        string    `json:"duration,omitempty"`
	SchedulerConfig string    `json:"schedulerConfigSHA256,omitempty"`
	Nodes           string    `json:"nodesSHA256,omitempty"`
	NodeCount       int       `json:"nodes,omitempty"`
	Machine         string    `json:"machine,omitempty"`
	Autoscaler      string    `json:"autoscalerSHA256,omitempty"`
	FeatureGates    string    `json:"featureGates,omitempty"`
	EndpointSlices  bool      `json:"endpointSlices"`
	Behaviour       string    `json:"behaviour,omitempty"`
	RunTimes        []RunTime `json:"runTimes,omitempty"`
	// Parts are the settings of parts, by name, defaults too.
	Parts   map[string]json.RawMessage `json:"parts,omitempty"`
	OnError string                     `json:"onError"`
}
