package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/tracer/manifests"
)

func newTrace() *cobra.Command {
	cmd := &cobra.Command{Use: "trace", Short: "Make traces"}
	imports := &cobra.Command{Use: "import", Short: "Make a trace from other formats"}
	imports.AddCommand(newImportManifests())
	cmd.AddCommand(imports)
	return cmd
}

func newImportManifests() *cobra.Command {
	var out string
	var o manifests.Options
	cmd := &cobra.Command{
		Use:   "manifests FILE...",
		Short: "Make a trace from Kubernetes manifests",
		Long: `Make a trace from Kubernetes manifests: YAML or JSON, several documents in a
file, Lists, also compressed with gzip or zstd. Pods and workloads are created in
one burst at the start; everything else exists before.`,
		Example: "  simk trace import manifests nodes.yaml pods.yaml -o trace.json",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := manifests.ImportToFile(args, out, o)
			if err != nil {
				return &sim.InputError{Err: err}
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "simk: wrote %s: %d nodes and %d other objects at the start, %d pods and workloads in a burst\n", out, s.Nodes, s.Objects-s.Nodes, s.Arrivals)
			return nil
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "the trace `file` to write")
	cmd.Flags().StringVar(&o.Name, "name", "", "name of the trace (default: that of its file)")
	_ = cmd.MarkFlagRequired("output")
	return cmd
}
