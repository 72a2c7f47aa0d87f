package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/kwok"
	_ "simk.dev/simk/sim/outside" // the parts process and interlink
	"simk.dev/simk/tracer/formats"
)

// runFlags are the flags that replay and up have in common, as texts.
type runFlags struct {
	speed, onError string
	command        *cobra.Command
	hooks          []string
	// runFor is how long pods run that end by themselves; 0: not given.
	runFor time.Duration
	// stages are KWOK's sets of Stages and files of them.
	stages []string
	// The files of documents; nodes may also be how many there are.
	schedulerConfig, autoscaler, nodes string
}

// add adds them to a command, with its own defaults of two of them.
func (r *runFlags) add(cmd *cobra.Command, o *sim.Options, speed, onError string) {
	r.command = cmd
	f := cmd.Flags()
	f.StringVar(&r.speed, "speed", speed, "virtual seconds per second: a `number|max`")
	f.StringVar(&r.schedulerConfig, "scheduler-config", "", "KubeSchedulerConfiguration `file`")
	f.StringVar(&r.nodes, "nodes", "", "manifest with the Nodes to use instead of the trace's, or how many of --machine: a `file|number`")
	f.StringVar(&o.Machine, "machine", "", "with a number of --nodes: what they are like, as a `type` of the catalogue such as m5.xlarge, or CPUxGiB (default \"8x32\")")
	f.StringVar(&r.autoscaler, "autoscaler", "", "`file` that says which nodes come and go, and who decides it")
	f.StringVar(&o.FeatureGates, "feature-gates", "", "Kubernetes feature gates, such as `A=true,B=false`")
	f.BoolVar(&o.EndpointSlices, "endpoint-slices", false, "run the endpoint slice controller too")
	f.StringSliceVar(&r.stages, "stages", nil, "let KWOK's Stages drive pods and nodes: `sets|files`, a set being "+strings.Join(kwok.Sets(), ", ")+"; may be repeated")
	f.StringVar(&o.Behaviour, "behaviour", "", "who runs the pods of nodes that do not say it: `builtin|PART` (default: builtin, with --stages kwok)")
	f.DurationVar(&r.runFor, "default-run-for", 0, "how long pods run that end by themselves (restartPolicy Never or OnFailure) and do not say it: a `duration` (default: until they are deleted)")
	f.StringVar(&r.onError, "on-error", onError, "when the apiserver rejects an object of an event: `stop|continue`")
	f.StringArrayVar(&r.hooks, "hook", nil, "run `POINT=COMMAND`, a shell command at a point of the run (before-start, before-run, after-run, after-stop); may be repeated")
	_ = cmd.MarkFlagDirname("out")
}

// read checks them and puts them into the options.
func (r *runFlags) read(o *sim.Options) (err error) {
	if o.Speed, err = parseSpeed(r.speed); err != nil {
		return &sim.InputError{Err: err}
	}
	if o.ContinueOnError, err = parseOnError(r.onError); err != nil {
		return &sim.InputError{Err: err}
	}
	for _, h := range r.hooks {
		point, command, ok := strings.Cut(h, "=")
		if !ok || command == "" {
			return &sim.InputError{Err: fmt.Errorf("--hook %q: want POINT=COMMAND", h)}
		}
		o.Hooks = append(o.Hooks, sim.Hook{Point: sim.HookPoint(point), Command: []string{"sh", "-c", command}})
	}
	if r.schedulerConfig != "" {
		o.SchedulerConfig = sim.File(r.schedulerConfig)
	}
	if r.autoscaler != "" {
		o.Autoscaler = sim.File(r.autoscaler)
	}
	if err := r.readNodes(o); err != nil {
		return err
	}
	if r.command.Flags().Changed("default-run-for") {
		if r.runFor <= 0 {
			return &sim.InputError{Err: fmt.Errorf("--default-run-for %v: want a duration such as 30s", r.runFor)}
		}
		// Run times of the configuration are about certain pods, and count more.
		o.RunTimes = append(o.RunTimes, sim.RunTime{RunFor: metav1.Duration{Duration: r.runFor}})
	}
	if err := r.readStages(o); err != nil {
		return err
	}
	o.Say = func(text string) { say(r.command, "%s", text) }
	o.Warn = warner(r.command)
	if r.command.Flags().Changed(formats.HelmHooks) {
		o.HelmHooks = r.command.Flags().Lookup(formats.HelmHooks).Value.String()
	}
	o.Logs = logs(r.command)
	return nil
}

// readStages enables the part that plays KWOK's Stages, which drive all nodes then that do not say
// otherwise.
func (r *runFlags) readStages(o *sim.Options) error {
	if len(r.stages) > 0 {
		section, err := json.Marshal(kwok.Settings{Stages: r.stages})
		if err != nil {
			return err
		}
		part, err := sim.NewPart(kwok.Behaviour, section, nil)
		if err != nil {
			return &sim.InputError{Err: err}
		}
		o.Parts = append(o.Parts, part)
	}
	if o.Behaviour == "" && slices.ContainsFunc(o.Parts, func(p sim.Part) bool { return p.Name() == kwok.Behaviour }) {
		o.Behaviour = kwok.Behaviour
	}
	return nil
}

// readNodes takes a number for how many nodes there are; a file with such a name is ./10.
func (r *runFlags) readNodes(o *sim.Options) error {
	n, err := strconv.Atoi(r.nodes)
	switch {
	case r.nodes == "":
	case err != nil:
		o.Nodes = sim.File(r.nodes)
	case n < 1:
		return &sim.InputError{Err: fmt.Errorf("--nodes %d: want one node at least, or the file of a manifest", n)}
	default:
		o.NodeCount = n
	}
	return nil
}

func parseSpeed(s string) (float64, error) {
	if s == "max" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v == 0 || clock.CheckSpeed(v) != nil {
		return 0, fmt.Errorf("%q: %w", s, clock.ErrSpeed)
	}
	if !clock.Virtual && v > 1 {
		return 0, errors.New("--speed above 1 needs virtual time, and this binary runs in wall-clock time; build simk with `make build`")
	}
	return v, nil
}

// seedFlag is the flag --seed: a whole number but 0, which elsewhere means that none is given.
func seedFlag(f *pflag.FlagSet, seed *int64, usage string) {
	*seed = 1
	f.Var(&seedValue{seed}, "seed", usage)
}

type seedValue struct{ seed *int64 }

func (v *seedValue) String() string { return strconv.FormatInt(*v.seed, 10) }
func (v *seedValue) Type() string   { return "number" }

// Set implements pflag.Value.
func (v *seedValue) Set(text string) error {
	n, err := strconv.ParseInt(text, 0, 64)
	if err != nil || n == 0 {
		return errors.New("a seed is a whole number, not 0")
	}
	*v.seed = n
	return nil
}

func parseOnError(s string) (bool, error) {
	switch s {
	case "stop":
		return false, nil
	case "continue":
		return true, nil
	}
	return false, fmt.Errorf("--on-error is stop or continue, not %q", s)
}
