package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func newTrace() *cobra.Command {
	cmd := family(&cobra.Command{Use: "trace", Short: "Make traces, and look at them"})
	cmd.AddCommand(newTraceImport(), newTraceExportOrFetch())
	cmd.AddCommand(newTraceRecord(), newTraceSnapshot(), newTraceServe())
	cmd.AddCommand(newTraceValidate(), newTraceShow(), newTraceXray())
	cmd.AddCommand(newTraceEdit())
	return cmd
}

// family is a command that has only others below it. Cobra would answer an unknown one with
// the help and success.
func family(cmd *cobra.Command) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		near := ""
		if names := cmd.SuggestionsFor(args[0]); len(names) > 0 {
			near = fmt.Sprintf("; do you mean %s?", strings.Join(names, " or "))
		}
		return fmt.Errorf("unknown command %q for %q%s", args[0], cmd.CommandPath(), near)
	}
	return cmd
}
