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
	"runtime"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/limits"
	"simk.dev/simk/sim/printable"
	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/interrupt"
)

// Exit codes; README.md documents them.
const (
	exitOK          = 0
	exitInput       = 1   // bad usage or input
	exitRun         = 2   // the run itself failed
	exitGate        = 3   // an outcome gate failed
	exitInterrupted = 130 // SIGINT, SIGTERM or SIGHUP
)

// Main runs simk with arguments and returns its exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	limits.Guard()
	signal.Ignore(syscall.SIGXFSZ) // a file too large is an error to whoever writes it
	ctx, stop := untilSignal()
	defer stop()
	// All that is said to people passes here: nothing that a trace holds steers a terminal.
	out, errs := printable.NewWriter(stdout), printable.NewWriter(stderr)
	defer func() { _, _ = out.Flush(), errs.Flush() }()
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	interrupt.Listen(func() error {
		runtime.Gosched()
		if ctx.Err() != nil {
			return errInterrupted
		}
		return nil
	})
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if child := (*childError)(nil); errors.As(err, &child) && !errors.Is(err, errInterrupted) {
		return child.code
	}
	err = limits.Process(err)
	code := exitCode(ctx, err)
	if errors.Is(err, errInterrupted) || code == exitInterrupted && errors.Is(err, context.Canceled) {
		err = errInterrupted // and no more: what was being done is of no interest
	}
	// Further lines are set in, so that none that came with a name looks like simk's own.
	fmt.Fprintf(errs, "simk: %s\n", strings.ReplaceAll(strings.TrimRight(err.Error(), "\n"), "\n", "\n  "))
	return code
}

// untilSignal returns a context that ends when the process is to end. A second signal ends it
// at once, but for the hangup of a terminal, which shells and the system may both tell of.
func untilSignal() (context.Context, context.CancelFunc) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	heard := make(chan os.Signal, 1) // nobody reads it
	// Whoever reads a pipe from simk may go: that is an error of the write, not the end of
	// the process, whose report is to be written even so.
	signal.Notify(heard, syscall.SIGPIPE)
	if !signal.Ignored(syscall.SIGHUP) { // as by nohup
		signals = append(signals, syscall.SIGHUP)
		signal.Notify(heard, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// errInterrupted is why work on a trace ended early.
var errInterrupted = errors.New("interrupted")

func exitCode(ctx context.Context, err error) int {
	var input *sim.InputError
	var trace *tracer.Error
	var run *runError
	var gates *gateError
	switch {
	case errors.Is(err, errInterrupted):
		return exitInterrupted
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
	hideGlobalFlags()
	root := family(&cobra.Command{
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
	})
	root.PersistentFlags().BoolP("verbose", "v", false, "print what Kubernetes' components and libraries log")
	root.PersistentFlags().BoolP("quiet", "q", false, "print no progress, warnings or summary; errors only, and what --output json and the like ask for")
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelp())
	root.AddCommand(newReplay(), newCompare(), newBuild(), newExplain(), newGate(), newUp(), newCtl(), newTop(), newTrace(), newVersion())
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			family(cmd)
		}
	}
	return root
}
