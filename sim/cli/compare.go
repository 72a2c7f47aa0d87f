package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/compare"
	"simk.dev/simk/sim/gate"
	"simk.dev/simk/sim/printable"
	"simk.dev/simk/sim/report"
)

func newCompare() *cobra.Command {
	var o compareOptions
	cmd := &cobra.Command{
		Use:   "compare TRACE... --run NAME=FILE...  |  compare RESULTS RESULTS...",
		Short: "Compare configurations on one trace, or finished runs",
		Long: `Run one trace under several configurations and set every figure of the others
against the first one's, or compare finished runs by their folders.

A configuration is a file of kind Run, as simk replay --config takes it; NAME=
alone is a run without one. --set varies a field of each configuration, several
of them in all combinations. With --seeds every configuration runs with the seeds
1 to N, and a difference within the spread is marked as such.

Each run is a process of its own. --out keeps their results.`,
		Example: `  simk compare trace.json --run base= --run packed=most-allocated.yaml
  simk compare trace.json --run base=a.yaml --run cand=b.yaml --seeds 5 -o markdown
  simk compare trace.json --run ca=ca.yaml --set autoscaler.clusterAutoscaler.expander=least-waste,price
  simk compare results-before results-after`,
		Args: takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.runs, "run", nil, "a configuration, as `NAME=FILE`; the first is the base of the comparison; may be repeated")
	f.StringArrayVar(&o.sets, "set", nil, "vary a field, as `PATH=VALUE,VALUE...`; may be repeated")
	f.IntVar(&o.seeds, "seeds", 1, "run each configuration with the seeds 1 to `N`")
	f.IntVar(&o.jobs, "jobs", 0, "`number` of runs at once (default: as many as processors and memory allow)")
	f.StringVar(&o.out, "out", "", "keep each run's results below this `folder`, as NAME/seed-N")
	formatFlag(f, &o.output, comparisonFormats...)
	f.StringArrayVar(&o.gates.assertions, "assert", nil, "CEL `expression` that must be true in every run but the first, which is base; may be repeated")
	f.StringArrayVar(&o.gates.files, "assert-file", nil, "`file` with assertions (kind Gates); may be repeated")
	return cmd
}

type compareOptions struct {
	runs, sets  []string
	seeds, jobs int
	out, output string
	gates       gateFlags
}

var comparisonFormats = []string{"text", "json", "markdown", "html"}

// writers are how a comparison of runs is printed.
var writers = map[string]func(*compare.Comparison, []compare.Run, io.Writer) error{
	"text": func(c *compare.Comparison, _ []compare.Run, w io.Writer) error {
		return printable.Clean(c).WriteText(w)
	},
	"markdown": func(c *compare.Comparison, _ []compare.Run, w io.Writer) error {
		return printable.Clean(c).WriteMarkdown(w)
	},
	"html": func(c *compare.Comparison, runs []compare.Run, w io.Writer) error {
		return c.WriteHTML(printable.Data(w), runs)
	},
	"json": func(c *compare.Comparison, _ []compare.Run, w io.Writer) error {
		return report.WriteJSON(printable.Data(w), c)
	},
}

func (o *compareOptions) run(cmd *cobra.Command, args []string) error {
	if err := oneFormat(o.output, comparisonFormats); err != nil {
		return err
	}
	if slices.Contains(args, "-") {
		return &sim.InputError{Err: errors.New("compare reads its inputs once for each run: save what is on standard input in a file, and name that")}
	}
	gates, err := o.gates.compile(true)
	if err != nil {
		return &sim.InputError{Err: err}
	}
	if len(o.runs) == 0 && len(o.sets) == 0 {
		return o.finished(cmd, args, gates)
	}
	plan, err := o.plan()
	if err != nil {
		return &sim.InputError{Err: err}
	}
	var runs []compare.Run
	perform := func(dir string) (err error) {
		runs, err = o.perform(cmd, args, plan, dir)
		return err
	}
	if o.out == "" {
		err = sim.InScratch(perform)
	} else {
		err = o.replaceOut(plan, perform)
	}
	if err != nil {
		return err
	}
	return o.show(cmd, runs, gates)
}

// finished compares runs that were made before.
func (o *compareOptions) finished(cmd *cobra.Command, dirs []string, g *gates) error {
	if len(dirs) < 2 {
		return &sim.InputError{Err: errors.New("nothing to compare: name the folders of two runs, or a trace and configurations with --run NAME=FILE")}
	}
	var runs []compare.Run
	for _, dir := range dirs {
		run, err := compare.Load(filepath.Clean(dir), dir)
		if err != nil {
			return &sim.InputError{Err: err}
		}
		runs = append(runs, run)
	}
	return o.show(cmd, runs, g)
}

// perform runs all variants below a folder.
func (o *compareOptions) perform(cmd *cobra.Command, args []string, plan []variant, dir string) ([]compare.Run, error) {
	var jobs []*job
	for _, v := range plan {
		if err := os.MkdirAll(filepath.Join(dir, v.folder), 0o777); err != nil {
			return nil, err
		}
		config := filepath.Join(dir, v.folder, configName)
		if err := v.config.Write(config); err != nil {
			return nil, err
		}
		for seed := 1; seed <= o.seeds; seed++ {
			command := append([]string{"replay"}, args...)
			command = append(command, "--config", config, "--out", v.dir(dir, seed))
			if o.seeds > 1 {
				command = append(command, "--seed", strconv.Itoa(seed))
			}
			jobs = append(jobs, &job{name: fmt.Sprintf("%s, seed %d", v.name, seed), args: command, log: v.dir(dir, seed) + ".log"})
		}
	}
	if err := runJobs(cmd.Context(), jobs, o.jobs, asides(cmd)); err != nil {
		return nil, err
	}
	var runs []compare.Run
	for _, v := range plan {
		var dirs []string
		for seed := 1; seed <= o.seeds; seed++ {
			dirs = append(dirs, v.dir(dir, seed))
		}
		run, err := compare.Load(v.name, dirs...)
		if err != nil {
			return nil, &runError{err}
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// show prints the comparison, and applies gates to every run but the first.
func (o *compareOptions) show(cmd *cobra.Command, runs []compare.Run, g *gates) error {
	if err := writers[o.output](compare.Of(runs), runs, cmd.OutOrStdout()); err != nil {
		return &runError{err}
	}
	failed, all := 0, 0
	for _, run := range runs[1:] {
		for i, r := range run.Reports {
			results, err := gate.Check(g.gates, r, runs[0].Reports[i])
			if err != nil {
				return &sim.InputError{Err: fmt.Errorf("%s: %w", run.Name, err)}
			}
			if len(results) > 0 && (!quiet(cmd) || gate.Failed(results) > 0) {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s, seed %d\n", printable.Escape(run.Name), r.Seed)
				if err := gate.WriteText(cmd.ErrOrStderr(), printable.Clean(results)); err != nil {
					return &runError{err}
				}
			}
			failed, all = failed+gate.Failed(results), all+len(results)
		}
	}
	if failed > 0 {
		return &gateError{failed, all}
	}
	return nil
}
