package cli

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/tui"
	"simk.dev/simk/sim/tui/xray"
	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/validate"
)

func newTraceXray() *cobra.Command {
	return &cobra.Command{
		Use:   "xray FILE...",
		Short: "Browse a trace in the terminal",
		Long: `Browse a trace in the terminal: its objects and events with what simk trace validate
finds about them, the recorded lives of pods, and a search. Enter opens what is
selected: the object, and what else happens to it. Without a terminal what happens is
listed, a line each. Files of other formats are
recognised by their content; several files are one data set of such a format.`,
		Example: "  simk trace xray trace.json",
		Args:    takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			common := formats.Common{Warn: func(string) {}} // there is nowhere to write them
			open := func() (tracer.Source, error) {
				source, _, err := formats.OpenAny(args, common)
				return source, err
			}
			first, err := open() // bad input is said on an orderly terminal
			if err != nil {
				return &sim.InputError{Err: err}
			}
			_ = first.Close()
			trace := xray.Trace{
				Name: titleOf(args), Open: open,
				Validate: func() ([]*validate.Report, error) { return validateAll(args, common) },
			}
			if tui.Check(os.Stderr) != nil {
				return xray.WriteText(cmd.OutOrStdout(), trace)
			}
			clock.Live(cmd.Context())
			// In virtual time the clock, which the view draws by, stands still while a
			// goroutine reads.
			trace.Rest = func() { clock.JumpTo(clock.Wall()) }
			_, err = tui.Run(cmd.Context(), xray.New(trace), os.Stderr)
			return viewError(err)
		},
	}
}

// viewError is the error of a command that shows a view.
func viewError(err error) error {
	if errors.Is(err, tui.ErrNoTerminal) {
		return &sim.InputError{Err: err}
	}
	return asRunError(err)
}
