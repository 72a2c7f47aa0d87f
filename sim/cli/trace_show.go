package cli

import (
	"os"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/printable"
	"simk.dev/simk/tracer/formats"
	summary "simk.dev/simk/tracer/show"
)

func newTraceShow() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "show FILE...",
		Short: "Say what is in a trace",
		Long: `Say what is in a trace: kinds and counts, namespaces and owners, arrivals over
time, requests next to what nodes have, recorded lives. Files of other formats are
recognised by their content; several files are one data set of such a format.`,
		Example: "  simk trace show trace.json\n  simk trace show trace.json -o json",
		Args:    takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := textOrJSON(output); err != nil {
				return err
			}
			s, err := showFiles(cmd, args)
			if err != nil {
				return &sim.InputError{Err: err}
			}
			if output == "text" {
				return printable.Clean(s).WriteText(cmd.OutOrStdout())
			}
			return writeJSON(cmd.OutOrStdout(), s)
		},
	}
	formatFlag(cmd.Flags(), &output)
	return cmd
}

func showFiles(cmd *cobra.Command, paths []string) (*summary.Summary, error) {
	source, _, err := formats.OpenAny(paths, formats.Common{Warn: warner(cmd)})
	if err != nil {
		return nil, err
	}
	defer func() { _ = source.Close() }()
	s, err := summary.Of(paths[0], source)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			s.SizeBytes += info.Size()
		}
	}
	return s, nil
}
