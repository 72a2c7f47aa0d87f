package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"simk.dev/simk/sim"
	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
)

// newTraceImport has a subcommand for each format, with its own flags. Without
// one the format is found out.
func newTraceImport() *cobra.Command {
	o := importOptions{}
	cmd := &cobra.Command{
		Use:   "import [FORMAT] FILE...",
		Short: "Make a trace from files of another format",
		Long: `Make a trace from files of another format, which is found out from their content
unless it is named. Each format has options of its own: simk trace import FORMAT --help.
All files given are one data set: a list of nodes and one of pods, say.`,
		Example: `  simk trace import dump.json -O trace.json
  simk trace import swf cluster.swf -O trace.json.zst --duration 24h`,
		Args: takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd, func(c formats.Common) (tracer.Source, error) {
				f, err := formats.DetectAll(args)
				if err != nil {
					return nil, undetected(args, err)
				}
				say(cmd, "the input is %s", f.Name)
				return openAs(f, args, c)
			})
		},
	}
	o.flags(cmd)
	for _, f := range formats.All() {
		if f.Importer != nil {
			cmd.AddCommand(newTraceImportFormat(f))
		}
	}
	return cmd
}

func newTraceImportFormat(f formats.Format) *cobra.Command {
	o := importOptions{}
	cmd := &cobra.Command{
		Use: f.Name + " FILE...", Short: "Make a trace from " + f.Summary, Long: f.Doc, Example: indented(f.Example),
		Args: takes(1, -1),
	}
	open := f.Importer(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return o.run(cmd, func(c formats.Common) (tracer.Source, error) { return open(args, c) })
	}
	o.flags(cmd)
	return cmd
}

// importOptions are those of every import.
type importOptions struct {
	out             fileOutput
	name, startTime string
	duration        time.Duration
}

func (o *importOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	o.out.traceFlags(f)
	f.StringVar(&o.name, "name", "", "`name` of the trace (default: that of its file)")
	f.StringVar(&o.startTime, "start-time", "", "the `instant` of offset 0, such as 2026-03-02T06:00:00Z (default: what the input says)")
	f.DurationVar(&o.duration, "duration", 0, "cut the trace off after this long (such as 6h)")
}

// common are the options for an importer. Its warnings go to stderr.
func (o *importOptions) common(cmd *cobra.Command) (formats.Common, error) {
	c := formats.Common{Name: o.name, Duration: o.duration, Warn: warner(cmd)}
	if o.duration < 0 {
		return c, fmt.Errorf("--duration %v is negative", o.duration)
	}
	if o.startTime != "" {
		t, err := time.Parse(time.RFC3339, o.startTime)
		if err != nil {
			return c, fmt.Errorf("--start-time is an instant such as 2026-03-02T06:00:00Z, not %q", o.startTime)
		}
		c.StartTime = t
	}
	return c, nil
}

// importGCPercent lets the heap grow to half more than what is alive before it is
// collected: tables are kept in memory, and little else is.
const importGCPercent = 50

func (o *importOptions) run(cmd *cobra.Command, open func(formats.Common) (tracer.Source, error)) error {
	debug.SetGCPercent(importGCPercent)
	if err := o.out.check(); err != nil {
		return err
	}
	c, err := o.common(cmd)
	if err != nil {
		return &sim.InputError{Err: err}
	}
	s, err := open(c)
	if err != nil {
		return &sim.InputError{Err: err}
	}
	defer func() { _ = s.Close() }() // it was only read
	if err := writeTrace(cmd, &o.out, s); err != nil {
		return &sim.InputError{Err: err}
	}
	return nil
}

// openAs opens files of a format, with the default of each of its flags.
func openAs(f formats.Format, paths []string, c formats.Common) (tracer.Source, error) {
	return f.Importer(pflag.NewFlagSet(f.Name, pflag.ContinueOnError))(paths, c)
}

// undetected explains why no format was found: a first argument that is no file
// may be meant as a format.
func undetected(args []string, err error) error {
	if errors.Is(err, formats.ErrOwn) {
		return fmt.Errorf("%s %w: there is nothing to import", args[0], err)
	}
	if _, missing := os.Stat(args[0]); errors.Is(missing, os.ErrNotExist) && !strings.ContainsAny(args[0], "./") {
		if _, unknown := formats.Find(args[0]); unknown != nil {
			return fmt.Errorf("%w, nor a file of that name", unknown)
		}
	}
	return err
}

func warner(cmd *cobra.Command) func(string) {
	return func(text string) { say(cmd, "warning: %s", text) }
}

// indented is an example as cobra shows it.
func indented(example string) string {
	if strings.HasPrefix(example, " ") || example == "" {
		return example
	}
	return "  " + strings.ReplaceAll(example, "\n", "\n  ")
}
