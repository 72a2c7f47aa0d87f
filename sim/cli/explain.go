package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/explain"
	"simk.dev/simk/sim/printable"
)

func newExplain() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "explain RESULTS pod NAMESPACE/NAME | node NAME  [at OFFSET]  |  explain RESULTS at OFFSET",
		Short: "Say why a pod waited, was placed or had to go",
		Long: `Say what happened to a pod or on a node in a finished run, from the folder that
simk replay --out wrote: each attempt of the scheduler to place the pod, which
plugin rejected which nodes, preemption, what the autoscaler said, and where it was
bound. With at, it ends at that offset; without a pod or node, it says which pods
wait at that instant, and why.

Attempts that failed are recorded by simk replay --explain=pending, the default with
--out. --explain=all also keeps the scores of the best nodes for each pod.`,
		Example: `  simk explain results pod batch/train-7
  simk explain results node gpu-3 at 3h12m
  simk explain results at 3h12m -o json`,
		Args: takes(3, 5),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := textOrJSON(output); err != nil {
				return err
			}
			story, err := explained(args[0], args[1:])
			if err != nil {
				return &sim.InputError{Err: err}
			}
			if output == "json" {
				err = writeJSON(cmd.OutOrStdout(), story)
			} else {
				err = printable.Clean(story).WriteText(cmd.OutOrStdout())
			}
			return asRunError(err)
		},
	}
	formatFlag(cmd.Flags(), &output)
	return cmd
}

// story is an answer that can be printed.
type story interface{ WriteText(io.Writer) error }

// explained answers a question about a run's folder.
func explained(dir string, question []string) (story, error) {
	at := -1.0 // none
	if n := len(question); question[n-2] == "at" {
		offset, err := time.ParseDuration(question[n-1])
		if err != nil || offset < 0 {
			return nil, fmt.Errorf("at %s: want an offset from the trace's start, such as 3h12m", question[n-1])
		}
		at = offset.Seconds()
		question = question[:n-2]
	}
	var ask func(*explain.Run) (story, error)
	switch {
	case len(question) == 0:
		ask = func(r *explain.Run) (story, error) { return r.At(at) }
	case len(question) == 2 && question[0] == "pod":
		ask = func(r *explain.Run) (story, error) { return r.Pod(question[1], at) }
	case len(question) == 2 && question[0] == "node":
		ask = func(r *explain.Run) (story, error) { return r.Node(question[1], at) }
	default:
		return nil, fmt.Errorf("%q: want pod NAMESPACE/NAME, node NAME or at OFFSET", question)
	}
	run, err := explain.Open(dir)
	if err != nil {
		return nil, err
	}
	return ask(run)
}
