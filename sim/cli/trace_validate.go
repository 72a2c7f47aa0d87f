package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/printable"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/interrupt"
	"simk.dev/simk/tracer/validate"
)

func newTraceValidate() *cobra.Command {
	var strict bool
	var output, explain string
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Find what is wrong or doubtful in traces",
		Long: `Find what is wrong or doubtful in traces: references to what does not exist, pods
that fit on no node, faulty structure. Each finding has a code, a place and what
to do; --explain tells about a code. Files of other formats are recognised by
their content; several files of one of them are one data set.

The exit code is 1 with errors, and with --strict with warnings too.`,
		Example: `  simk trace validate trace.json
  simk trace validate --explain E0003
  simk trace validate --explain all`,
		Args: func(cmd *cobra.Command, args []string) error {
			if explain != "" {
				return takes(0, 0)(cmd, args)
			}
			return takes(1, -1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if explain != "" {
				text, err := validate.Explain(explain)
				if err != nil {
					return &sim.InputError{Err: err}
				}
				fmt.Fprint(cmd.OutOrStdout(), text)
				return nil
			}
			if err := textOrJSON(output); err != nil {
				return err
			}
			reports, err := validateAll(args, formats.Common{Warn: warner(cmd)})
			if err == nil {
				err = interrupt.Check() // it would be a finding, that the file cannot be read
			}
			if err != nil {
				return &sim.InputError{Err: err}
			}
			if err := writeReports(cmd.OutOrStdout(), output, reports); err != nil {
				return err
			}
			return verdict(reports, strict)
		},
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "let warnings fail too")
	formatFlag(cmd.Flags(), &output)
	cmd.Flags().StringVar(&explain, "explain", "", "a `code` to explain, or all to list them")
	return cmd
}

// validateAll validates each of simk's own traces, or one data set of another format.
func validateAll(paths []string, common formats.Common) ([]*validate.Report, error) {
	if _, err := formats.Detect(paths[0]); err == nil {
		source, _, err := formats.OpenAny(paths, common)
		if err != nil {
			return nil, err
		}
		defer func() { _ = source.Close() }()
		return []*validate.Report{validate.Source(paths[0], source)}, nil
	}
	var reports []*validate.Report
	for _, path := range paths {
		report, err := validate.File(path)
		if err != nil {
			return nil, err
		}
		reports = append(reports, report)
	}
	return reports, nil
}

func writeReports(w io.Writer, output string, reports []*validate.Report) error {
	if output == "text" {
		validate.WriteText(w, printable.Clean(reports))
		return nil
	}
	return writeJSON(w, reports)
}

// verdict is the error that makes the exit code.
func verdict(reports []*validate.Report, strict bool) error {
	wrong, doubtful := 0, 0
	for _, r := range reports {
		wrong += r.Errors
		doubtful += r.Warnings
	}
	switch {
	case wrong > 0:
		return &sim.InputError{Err: errors.New("the trace has errors; about a code: simk trace validate --explain CODE")}
	case strict && doubtful > 0:
		return &sim.InputError{Err: errors.New("the trace has warnings, and --strict was given")}
	}
	return nil
}
