package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/explain"
	"simk.dev/simk/sim/watch"
	"simk.dev/simk/vnode"
)

// Options say how a trace is replayed. The zero value replays it as fast as
// possible with upstream's defaults.
type Options struct {
	// Trace is the path of the trace.
	Trace string
	// Convert writes the trace, made of inputs of another format, to a path; Trace
	// then only names these inputs in messages. It may complete the run's options by
	// what the inputs lack. Nil: Trace is the trace itself.
	Convert func(path string, o *Options) error
	// Out is the folder for the results; empty: none are written.
	Out string
	// Seed starts the random choices of the scheduler and of simk; 0 means 1.
	Seed int64
	// Speed is virtual seconds per wall second; 0: as fast as possible.
	Speed float64
	// Duration ends the run at that offset; 0: where the trace says.
	Duration time.Duration
	// SchedulerConfig is the path of a KubeSchedulerConfiguration; empty: upstream's default.
	SchedulerConfig string
	// Nodes is the path of manifests whose Nodes replace those of the trace; empty: none.
	Nodes string
	// NodeCount is how many nodes of Machine replace those of the trace; 0: none.
	NodeCount int
	// Machine is what these nodes and DefaultNodes are like: a type of the autoscalers'
	// catalogue such as m5.xlarge, or CPUs and GiB; empty: 8x32.
	Machine string
	// DefaultNodes makes three nodes, unless others are brought.
	DefaultNodes bool
	// Autoscaler is the path of an autoscaler's file; empty: nodes neither come nor go.
	Autoscaler string
	// Inline are documents whose files do not exist yet; they take the place of the
	// paths above.
	Inline []Inline
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
	// Progress receives what the run is doing, now and then; nil: nobody.
	Progress func(Progress)
	// Watch lets somebody look at the run and steer its time. Nil: nobody.
	Watch *watch.Console

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

	// word words an error for people, who do not know the files of the scratch folder. It is
	// set once there is one.
	word func(error) error
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
func (o *Options) BringsNodes() bool { return o.replacesNodes() || o.Autoscaler != "" }

// replacesNodes says that the trace's own nodes are left out.
func (o *Options) replacesNodes() bool { return o.Nodes != "" || o.NodeCount > 0 }

func (o *Options) validate(withoutTrace bool) error {
	Logs(o.Logs)
	switch {
	case o.Trace == "" && !withoutTrace:
		return fmt.Errorf("no trace given")
	case clock.CheckSpeed(o.Speed) != nil:
		return clock.ErrSpeed
	case o.Duration < 0:
		return fmt.Errorf("duration %v is negative", o.Duration)
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
	return fmt.Errorf("%s: with the duration %v the run would end after %s, where the virtual clock ends: from its startTime on, %s, at most %.0fh",
		o.Trace, o.Duration, clock.Latest.Format(time.RFC3339), start.Format(time.RFC3339), most.Truncate(time.Hour).Hours())
}

// optionsInReport is what the report says about the options: all that can change
// an outcome. Files are named by their contents, so that the same run from
// another folder gives the same report.
type optionsInReport struct {
	Duration        string `json:"duration,omitempty"`
	SchedulerConfig string `json:"schedulerConfigSHA256,omitempty"`
	Nodes           string `json:"nodesSHA256,omitempty"`
	NodeCount       int    `json:"nodes,omitempty"`
	Machine         string `json:"machine,omitempty"`
	Autoscaler      string `json:"autoscalerSHA256,omitempty"`
	FeatureGates    string `json:"featureGates,omitempty"`
	EndpointSlices  bool   `json:"endpointSlices"`
	// Parts are the settings of parts, by name, defaults too.
	Parts   map[string]json.RawMessage `json:"parts,omitempty"`
	OnError string                     `json:"onError"`
}
