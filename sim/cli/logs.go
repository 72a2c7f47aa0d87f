package cli

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/printable"
)

// logs are where the components' logs go: nil, unless they are wanted.
func logs(cmd *cobra.Command) io.Writer {
	if !verbose(cmd) {
		return nil
	}
	return printable.NewWriter(os.Stderr)
}

// quietLogs drops what the Kubernetes libraries of a command log, unless it is wanted.
func quietLogs(cmd *cobra.Command) { sim.Logs(logs(cmd)) }
