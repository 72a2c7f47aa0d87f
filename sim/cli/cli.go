// Package cli holds simk's commands: flags, files and exit codes. What they do
// is in packages sim and tracer.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/limits"
	"simk.dev/simk/tracer"
)

// Exit codes; README.md documents them.
const (
	exitOK          = 0
	exitInput       = 1   // bad usage or input
	exitRun         = 2   // the run itself failed
	exitGate        = 3   // an outcome gate failed
	exitInterrupted = 130 // SIGINT or SIGTERM
)

// Main runs simk with arguments and returns its exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	limits.Guard()
	signal.Ignore(syscall.SIGXFSZ) // a file too large is an error to whoever writes it
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if child := (*childError)(nil); errors.As(err, &child) {
		return child.code
	}
	err = limits.Process(err)
	fmt.Fprintf(stderr, "simk: %v\n", err)
	return exitCode(ctx, err)
}

func exitCode(ctx context.Context, err error) int {
	var input *sim.InputError
	var trace *tracer.Error
	var run *runError
	var gates *gateError
	switch {
	case errors.As(err, &gates):
		return exitGate
	case errors.As(err, new(*limits.Error)):
		return exitRun
	case errors.As(err, &input), errors.As(err, &trace):
		return exitInput
	case errors.As(err, &run) && ctx.Err() != nil:
		return exitInterrupted
	case errors.As(err, &run):
		return exitRun
	default:
		return exitInput // cobra's: unknown commands and flags
	}
}

// runError marks an error of a run, as opposed to one of usage.
type runError struct{ error }

func (e *runError) Unwrap() error { return e.error }

func newRoot() *cobra.Command {
	// Kubernetes' packages add flags of theirs to the global set, which cobra shows
	// with every command.
	pflag.CommandLine = pflag.NewFlagSet("simk", pflag.ContinueOnError)
	root := &cobra.Command{
		Use:     "simk",
		Version: sim.Version,
		Short:   "Replay a Kubernetes cluster's trace against a real control plane in virtual time",
		Long: `simk answers "what would my cluster have done if...": it replays a trace of a
cluster against etcd, the Kubernetes apiserver, scheduler and controllers and
virtual nodes, all in this process and on a virtual clock: a day in seconds, the
same answer every time.

Exit codes: 0 success, 1 bad usage or input, 2 the run failed, 3 an outcome gate
failed, 130 interrupted.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	version := &cobra.Command{Use: "version", Short: "Print simk's version", Args: cobra.NoArgs, Run: func(cmd *cobra.Command, _ []string) {
		fmt.Fprintln(cmd.OutOrStdout(), "simk", sim.Version)
	}}
	root.AddCommand(newReplay(), newCompare(), newExplain(), newGate(), newUp(), newCtl(), newTop(), newTrace(), version)
	return root
}
