package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/input"
	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
)

// newTraceExport has a subcommand for each format that can be written. fetch, if
// there is one, is what the command does without a format: it then gets a trace
// from a recording service, and adds its flags to the command.
func newTraceExport(fetch func(cmd *cobra.Command, args []string) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export FORMAT TRACE -O FILE",
		Short: "Write a trace in another format",
		Long: `Write a trace in another format. The input may itself be of any format that simk
recognises. What the format cannot say is told on stderr.`,
		RunE: fetch,
	}
	for _, f := range formats.All() {
		if f.Exporter != nil {
			cmd.AddCommand(newTraceExportFormat(f))
		}
	}
	return cmd
}

func newTraceExportFormat(f formats.Format) *cobra.Command {
	var out fileOutput
	cmd := &cobra.Command{
		Use: f.Name + " TRACE...", Short: "Write a trace as " + f.Summary, Long: f.Doc,
		Example: "  simk trace export " + f.Name + " trace.json -O FILE",
		Args:    takes(1, -1),
	}
	write := f.Exporter(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := out.check(); err != nil {
			return err
		}
		if err := mayReplaceBy(out.path, f.Name); err != nil {
			return err
		}
		s, _, err := formats.OpenAny(args, formats.Common{Warn: warner(cmd)})
		if err != nil {
			return &sim.InputError{Err: err}
		}
		defer func() { _ = s.Close() }() // it was only read
		counted := input.Count(s)
		err = tracer.WriteWhole(out.path, 0o666, func(w io.Writer) error { return write(w, counted, warner(cmd)) })
		if err != nil {
			return &sim.InputError{Err: fmt.Errorf("export %s: %w", f.Name, err)}
		}
		return out.wrote(cmd, counted)
	}
	out.flags(cmd.Flags(), "the `file` to write")
	return cmd
}
