package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/explain"
	"simk.dev/simk/sim/printable"
	"simk.dev/simk/sim/report"
	"simk.dev/simk/tracer/formats"
)

func newReplay() *cobra.Command {
	var o sim.Options
	var output, config string
	var view viewFlags
	var flags runFlags
	var gates gateFlags
	cmd := &cobra.Command{
		Use:   "replay TRACE...",
		Short: "Replay a trace and report what happened",
		Long: `Replay a trace (JSON, also compressed with gzip or zstd) and print a summary.
Files of other formats are made a trace first, as simk trace import does: dumps of
a cluster, manifests, traces of other systems. Their content tells the format;
- is standard input.

With --out the results are written too: report.html to look at, report.json,
pods.csv, timeline.csv, events.jsonl, and what simk explain reads. The same trace,
options and seed give the same files, byte for byte.`,
		Example: `  simk replay trace.json
  simk replay trace.json --out results --scheduler-config most-allocated.yaml
  simk replay nodes.yaml pods.yaml
  helm template ./chart | simk replay nodes.yaml -
  simk replay trace.json --watch --speed 60
  simk replay trace.json -o json | jq .pendingSeconds.p99
  simk replay trace.json --assert 'pendingSeconds.p99 <= 30' --junit gates.xml`,
		Args: takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if view.watched && view.terminal() {
				return watchReplay(cmd, titleOf(args))
			}
			o.Inputs = args
			if err := configure(cmd, config, &o, &flags); err != nil {
				return &sim.InputError{Err: err}
			}
			if err := flags.read(&o); err != nil {
				return err
			}
			if err := cmp.Or(checkDuration(cmd, o.Duration), textOrJSON(output), gates.checkStdout(output)); err != nil {
				return err
			}
			gate, err := gates.compile(false)
			if err != nil {
				return &sim.InputError{Err: err}
			}
			if err := view.attach(&o); err != nil {
				return &sim.InputError{Err: err}
			}
			r, err := replay(cmd, o, gates.leave(output), view.watched && !view.viewed)
			if err != nil {
				return err
			}
			return gate.check(cmd, r)
		},
	}
	f := cmd.Flags()
	f.StringVar(&config, "config", "", "run configuration `file` (kind Run): scheduler, autoscaler, nodes, edits, seed; flags count more")
	f.StringVar(&o.Out, "out", "", "write report.html, report.json, pods.csv, timeline.csv and events.jsonl into this `folder`")
	formatFlag(f, &output)
	seedFlag(f, &o.Seed, "start of all random choices; not 0")
	f.DurationVar(&o.Duration, "duration", 0, "end the run at this offset, whatever the trace says (such as 6h)")
	f.StringVar((*string)(&o.Explain), "explain", string(explain.Pending), "which attempts to place pods to record in --out for simk explain: `off|pending|all`")
	f.String(formats.HelmHooks, "run", "what becomes of the hooks of a Helm chart's install, in manifests: `run|skip`")
	view.add(cmd)
	flags.add(cmd, &o, "max", "stop")
	gates.add(cmd)
	return cmd
}

// checkDuration refuses a duration of 0, which would mean none.
func checkDuration(cmd *cobra.Command, d time.Duration) error {
	if cmd.Flags().Changed("duration") && d == 0 {
		return &sim.InputError{Err: errors.New("--duration 0: a run ends after its start; leave it out for the trace's own")}
	}
	return nil
}

// replay runs, shows the outcome, in no format if output is empty, and returns its report.
// Progress is shown on a terminal, or in plain lines on anything.
func replay(cmd *cobra.Command, o sim.Options, output string, plain bool) (*report.Report, error) {
	stderr := asides(cmd)
	if !clock.Virtual {
		fmt.Fprintln(stderr, "simk: this binary runs in wall-clock time, and its results differ from run to run; `make build` gives virtual time")
	}
	line := newProgressLine(stderr)
	if plain {
		line = newPlainProgress(stderr)
	}
	o.Progress, o.Note = line.show, line.note
	outcome, err := sim.Run(cmd.Context(), o)
	line.clear()
	if outcome == nil {
		return nil, asRunError(err)
	}
	if output == "json" || output == "text" && !quiet(cmd) {
		if err := show(cmd.OutOrStdout(), outcome.Report, output); err != nil {
			return nil, &runError{err}
		}
	}
	wall(stderr, outcome)
	return outcome.Report, asRunError(err)
}

func asRunError(err error) error {
	var input *sim.InputError
	if err == nil || errors.As(err, &input) {
		return err
	}
	return &runError{err}
}

func show(w io.Writer, r *report.Report, output string) error {
	if output == "json" {
		return report.WriteJSON(printable.Data(w), r)
	}
	return report.WriteText(w, printable.Clean(r))
}

// wall says on stderr how long the run took; wall time is in no report.
func wall(w io.Writer, outcome *sim.Outcome) {
	speed := outcome.Report.Simulated.Seconds / outcome.Took.Seconds()
	fmt.Fprintf(w, "simk: took %v (ready after %v), %.0f virtual seconds per second\n",
		outcome.Took.Round(time.Millisecond), outcome.ReadyAfter.Round(time.Millisecond), speed)
}
