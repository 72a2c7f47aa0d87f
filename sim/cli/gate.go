package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/gate"
	"simk.dev/simk/sim/printable"
	"simk.dev/simk/sim/report"
	"simk.dev/simk/tracer"
)

func newGate() *cobra.Command {
	var flags gateFlags
	cmd := &cobra.Command{
		Use:   "gate REPORT",
		Short: "Assert the outcome of a finished run",
		Long: `Assert the outcome of a finished run: its report.json, or the folder that holds
it. simk replay takes the same flags. Exit code 3 says that a gate failed.

An assertion is a CEL expression over report.json. owners and namespaces are maps
there, by "NAMESPACE/KIND/NAME" and by name; base is the report of --baseline.`,
		Example: `  simk gate results --assert 'pendingSeconds.p99 <= 30'
  simk gate results --baseline before --assert 'pods.pendingAtEnd <= base.pods.pendingAtEnd'
  simk gate results --assert 'owners["shop/Deployment/web"].pendingAtEnd == 0' --junit gates.xml`,
		Args: takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := report.Read(args[0])
			if err != nil {
				return &sim.InputError{Err: err}
			}
			g, err := flags.compile(false)
			if err != nil {
				return &sim.InputError{Err: err}
			}
			if len(g.gates) == 0 {
				return &sim.InputError{Err: errors.New("no gate given: name some with --assert or --assert-file")}
			}
			return g.check(cmd, r)
		},
	}
	flags.add(cmd)
	return cmd
}

// gateFlags are the flags about gates.
type gateFlags struct {
	assertions    []string
	files         []string
	baseline      string
	junit         string
	githubSummary bool
}

func (f *gateFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.assertions, "assert", nil, "CEL `expression` over the report that must be true; may be repeated")
	flags.StringArrayVar(&f.files, "assert-file", nil, "`file` with assertions (kind Gates); may be repeated")
	flags.StringVar(&f.baseline, "baseline", "", "`report` of the run that assertions call base: a report.json or its folder")
	flags.StringVar(&f.junit, "junit", "", "write the gates' results to this `file`, as JUnit XML; - is stdout, which then has no summary")
	flags.BoolVar(&f.githubSummary, "github-summary", false, "append the gates' results to the file that $GITHUB_STEP_SUMMARY names")
}

// checkStdout refuses two results on stdout.
func (f *gateFlags) checkStdout(output string) error {
	if f.junit == "-" && output == "json" {
		return &sim.InputError{Err: errors.New("--output json and --junit - both want stdout: give --junit a file")}
	}
	return nil
}

// leave is the format in which the report may go to stdout, empty if the gates have that.
func (f *gateFlags) leave(output string) string {
	if f.junit == "-" {
		return ""
	}
	return output
}

// gates are assertions that were compiled, before anything ran.
type gates struct {
	gates         []*gate.Gate
	base          *report.Report
	junit         string
	githubSummary string
}

// compile compiles the assertions; hasBase says that there is a base without --baseline.
func (f *gateFlags) compile(hasBase bool) (*gates, error) {
	g := &gates{junit: f.junit}
	if f.githubSummary {
		if g.githubSummary = os.Getenv("GITHUB_STEP_SUMMARY"); g.githubSummary == "" {
			return nil, errors.New("--github-summary: $GITHUB_STEP_SUMMARY is not set; GitHub Actions sets it in its jobs")
		}
	}
	if f.junit == "-" && len(f.assertions)+len(f.files) == 0 {
		return nil, errors.New("--junit - has nothing to write without gates: name some with --assert or --assert-file")
	}
	if f.junit != "" && f.junit != "-" {
		if err := mayReplaceJUnit(f.junit); err != nil {
			return nil, err
		}
	}
	expressions := f.assertions
	for _, path := range f.files {
		more, err := gate.ReadFile(path)
		if err != nil {
			return nil, err
		}
		expressions = append(expressions, more...)
	}
	var err error
	if f.baseline != "" {
		if g.base, err = report.Read(f.baseline); err != nil {
			return nil, err
		}
	}
	compiler, err := gate.NewCompiler()
	if err != nil {
		return nil, err
	}
	for _, e := range expressions {
		compiled, err := compiler.Compile(e)
		if err != nil {
			return nil, err
		}
		if compiled.NeedsBase && g.base == nil && !hasBase {
			return nil, fmt.Errorf("the assertion %q: %w", e, gate.ErrNoBase)
		}
		g.gates = append(g.gates, compiled)
	}
	return g, nil
}

// gateError says that gates failed.
type gateError struct{ failed, all int }

func (e *gateError) Error() string { return fmt.Sprintf("%d of %d gates failed", e.failed, e.all) }

// check applies the gates to a report and tells the results on stderr, as stdout
// may hold the report.
func (g *gates) check(cmd *cobra.Command, r *report.Report) error {
	if len(g.gates) == 0 {
		return nil
	}
	results, err := gate.Check(g.gates, r, g.base)
	if err != nil {
		return &sim.InputError{Err: err}
	}
	if !quiet(cmd) || gate.Failed(results) > 0 {
		if err := gate.WriteText(cmd.ErrOrStderr(), printable.Clean(results)); err != nil {
			return &runError{err}
		}
	}
	name := cmp.Or(r.Trace.Name, "replay")
	if err := g.writeJUnit(cmd, name, results); err != nil {
		return &runError{fmt.Errorf("write JUnit results: %w", err)}
	}
	if g.githubSummary != "" {
		if err := appendSummary(g.githubSummary, name, results); err != nil {
			return &runError{fmt.Errorf("write GitHub's summary: %w", err)}
		}
	}
	if failed := gate.Failed(results); failed > 0 {
		return &gateError{failed, len(results)}
	}
	return nil
}

// writeJUnit writes the file of --junit, if there is one; - is stdout.
func (g *gates) writeJUnit(cmd *cobra.Command, name string, results []gate.Result) error {
	write := func(w io.Writer) error { return gate.WriteJUnit(w, name, results) }
	switch g.junit {
	case "":
		return nil
	case "-":
		return write(printable.Data(cmd.OutOrStdout()))
	}
	return tracer.WriteWhole(g.junit, 0o666, write)
}

// appendSummary adds to the file, which other steps of the job write too.
func appendSummary(path, name string, results []gate.Result) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	return errors.Join(gate.WriteMarkdown(f, printable.Escape(name), printable.Clean(results)), f.Close())
}
