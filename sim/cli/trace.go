package cli

import "github.com/spf13/cobra"

func newTrace() *cobra.Command {
	cmd := family(&cobra.Command{Use: "trace", Short: "Make traces, and look at them"})
	cmd.AddCommand(newTraceImport(), newTraceExportOrFetch())
	cmd.AddCommand(newTraceRecord(), newTraceSnapshot(), newTraceServe())
	cmd.AddCommand(newTraceValidate(), newTraceShow(), newTraceXray())
	cmd.AddCommand(newTraceEdit())
	return cmd
}
