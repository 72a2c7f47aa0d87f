package cli

import "github.com/spf13/cobra"

func newTrace() *cobra.Command {
	cmd := &cobra.Command{Use: "trace", Short: "Make traces, and look at them"}
	cmd.AddCommand(newTraceImport(), newTraceExport(nil))
	return cmd
}
