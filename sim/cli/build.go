package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/builder"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/process"
)

func newBuild() *cobra.Command {
	var output string
	var with []string
	cmd := &cobra.Command{
		Use:   "build [-O FILE] --with PACKAGE[@VERSION][=FOLDER]...",
		Short: "Compile a simk with parts, plugins or formats of your own in it",
		Long: `Compile a simk with packages of other modules in it, which register parts,
scheduler plugins or formats: simk is built with flags of its own. It needs Go.

A package comes from the Go module proxy, or from a folder. Where simk's own source
is, says --with simk.dev/simk=FOLDER; else it is the checkout that this runs in, or
the released version that runs. The first build compiles Kubernetes, which takes
minutes.`,
		Example: `  simk build -O simk-acme --with github.com/acme/scheduler-plugin@v1.2.3 --with github.com/acme/controller=../controller
  simk-acme replay trace.json --config run.yaml
  simk build test ./...`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := buildOptions(cmd, with)
			if err != nil {
				return err
			}
			if len(o.With) == 0 {
				return &sim.InputError{Err: errors.New("nothing to compile in: give --with PACKAGE, as often as you like")}
			}
			o.Output = output
			return buildError(builder.Build(cmd.Context(), o))
		},
	}
	cmd.Flags().StringVarP(&output, "output-file", "O", "simk", "write the program to this `file`")
	cmd.PersistentFlags().StringArrayVar(&with, "with", nil, "compile in this `package`: PACKAGE[@VERSION][=FOLDER]; may be repeated")
	cmd.AddCommand(&cobra.Command{
		Use:   "test [PACKAGE...] [-- FLAG...]",
		Short: "Run go test with simk's flags, in the module of this folder",
		Long: `Run go test with the flags that simk is built with, in the module of this folder,
whose tests may replay traces by the Go package simk.dev/simk/sim. The module's
go.mod stays as it is: simk's replacements and versions are added for the test.`,
		Example: `  simk build test ./...
  simk build test ./controller -- -run TestScale -v`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := buildOptions(cmd, with)
			if err != nil {
				return err
			}
			here, err := os.Getwd()
			if err != nil {
				return err
			}
			return buildError(builder.Test(cmd.Context(), o, here, args))
		},
	})
	return cmd
}

func buildOptions(cmd *cobra.Command, with []string) (builder.Options, error) {
	o := builder.Options{Version: sim.Version, Run: func(ctx context.Context, c builder.Command) error { return runGo(ctx, c, verbose(cmd)) }}
	for _, text := range with {
		m, err := builder.Parse(text)
		if err != nil {
			return o, &sim.InputError{Err: fmt.Errorf("--with %w", err)}
		}
		o.With = append(o.With, m)
	}
	return o, nil
}

// buildError is bad input where what was given does not compile, and a failed run where the go
// command's tests fail or it cannot run.
func buildError(err error) error {
	if err == nil {
		return nil
	}
	if failed := (*builder.FailedError)(nil); errors.As(err, &failed) && !errors.As(err, new(*builder.VersionsError)) {
		return &runError{err}
	}
	return &sim.InputError{Err: err}
}

// runGo runs the go command, which says on stderr what it has to.
func runGo(ctx context.Context, c builder.Command, loud bool) error {
	program, err := exec.LookPath("go")
	if err != nil {
		return fmt.Errorf("the go command is needed: install Go from https://go.dev/dl: %w", err)
	}
	cmd := &exec.Cmd{Path: program, Args: append([]string{"go"}, c.Args...), Dir: c.Dir, Env: append(os.Environ(), c.Env...), Stderr: os.Stderr}
	if cmd.Stdout = os.Stderr; c.Stdout != nil {
		cmd.Stdout = c.Stdout
	}
	if loud {
		fmt.Fprintln(os.Stderr, "simk:", cmd.Args)
	}
	cmd.SysProcAttr = withParent()
	if err := cmd.Start(); err != nil {
		return err
	}
	for stopped := false; ; {
		status, ended, err := process.Ended(cmd.Process)
		if err != nil {
			return err
		}
		if ended {
			if ctx.Err() != nil {
				return errInterrupted
			}
			if code := status.ExitStatus(); code != 0 {
				return &builder.FailedError{Code: code}
			}
			return nil
		}
		if ctx.Err() != nil && !stopped {
			stopped = true
			_ = cmd.Process.Signal(syscall.SIGTERM)
		}
		clock.WallSleep(process.Step)
		clock.Settle() // a signal ends ctx, in another goroutine
	}
}
