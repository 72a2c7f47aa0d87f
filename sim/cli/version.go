package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/vnode"
)

func newVersion() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "version", Short: "Print simk's version", Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := textOrJSON(output); err != nil {
				return err
			}
			if output == "json" {
				return writeJSON(cmd.OutOrStdout(), map[string]string{"simk": sim.Version, "kubernetes": vnode.KubeletVersion, "go": runtime.Version()})
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "simk %s, Kubernetes %s\n", sim.Version, vnode.KubeletVersion)
			return err
		},
	}
	formatFlag(cmd.Flags(), &output)
	return cmd
}
