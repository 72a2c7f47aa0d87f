package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/limits"
	"simk.dev/simk/sim/live"
	"simk.dev/simk/sim/printable"
	"simk.dev/simk/sim/process"
	"simk.dev/simk/sim/tui"
	"simk.dev/simk/sim/tui/top"
)

// viewedFlag makes a replay the child of a view, with which it speaks through the
// descriptors of package live.
const viewedFlag = "viewed"

// viewFlags say whether somebody looks at a replay.
type viewFlags struct {
	// watched is what the user wants; viewed says that this process is the child of a
	// view, which has the user's flags too.
	watched, viewed bool
}

func (v *viewFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&v.watched, "watch", false, "look at the run live, full-screen, and steer its time: pause, step, speed; without a terminal, a line of progress a second")
	f.BoolVar(&v.viewed, viewedFlag, false, "the run is the child of a view")
	_ = f.MarkHidden(viewedFlag)
}

// terminal tells whether this process can show a view.
func (v *viewFlags) terminal() bool { return !v.viewed && tui.Check(os.Stderr) == nil }

// attach connects the child of a view with it.
func (v *viewFlags) attach(o *sim.Options) error {
	if !v.viewed {
		return nil
	}
	stop := func(why error) {
		fmt.Fprintln(printable.NewWriter(os.Stderr), "simk:", why)
		_ = syscall.Kill(os.Getpid(), syscall.SIGTERM) // as if the user had done it
	}
	console, err := live.NewConsole(live.CommandsFD, live.SnapshotsFD, o.Speed, stop)
	o.Watch = console
	return err
}

// watchReplay shows a replay live. The replay is a child process with the same
// arguments; what it prints comes when the view is left.
func watchReplay(cmd *cobra.Command, title string) error {
	clock.Live(cmd.Context())
	child, err := startViewed()
	if err != nil {
		return &runError{err}
	}
	defer child.Close()
	model := top.New(cmd.Context(), title, child.Child)
	_, err = tui.Run(cmd.Context(), model, os.Stderr)
	child.Drain()
	switch {
	case model.Ended() && model.Err == nil:
	case err != nil || model.Err != nil || model.Stopped:
		err = errors.Join(err, model.Err)
		child.stop()
	default:
		fmt.Fprintln(os.Stderr, "simk: the run goes on to its end")
		_ = child.Detach()
	}
	status, waitErr := child.wait(cmd.Context())
	if err := child.print(cmd.OutOrStdout(), cmd.ErrOrStderr()); err != nil {
		return &runError{err}
	}
	switch {
	case waitErr != nil:
		return &runError{waitErr}
	case status.Signaled():
		return &runError{fmt.Errorf("the run was ended by %v", status.Signal())}
	case err != nil && cmd.Context().Err() == nil:
		return &runError{err}
	case status.ExitStatus() != exitOK:
		return &childError{status.ExitStatus()}
	}
	return nil
}

// childError is the exit code of a run that has said itself why.
type childError struct{ code int }

func (e *childError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// viewed is a replay in a child process.
type viewed struct {
	*live.Child
	cmd            *exec.Cmd
	stdout, stderr *os.File
	stopped        bool
}

// stop ends the run, once: a second signal would end it without its report.
func (v *viewed) stop() {
	if !v.stopped {
		v.stopped = true
		_ = v.cmd.Process.Signal(syscall.SIGTERM)
		_ = v.Detach() // so that it hears the signal even if it is paused
	}
}

func startViewed() (v *viewed, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	v = &viewed{}
	for _, f := range []**os.File{&v.stdout, &v.stderr} {
		if *f, err = unnamedFile(); err != nil {
			return nil, err
		}
	}
	if v.Child, err = live.NewChild(); err != nil {
		return nil, err
	}
	at := slices.Index(os.Args, "replay") + 1 // before a "--", which would end the flags
	v.cmd = &exec.Cmd{
		Path: program, Args: slices.Insert(slices.Clone(os.Args), at, "--"+viewedFlag),
		Stdout: v.stdout, Stderr: v.stderr, ExtraFiles: v.Files(), SysProcAttr: withParent(),
	}
	v.cmd.SysProcAttr.Setpgid = true // ctrl+c on the terminal is for the view, which passes it on
	if err := v.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the run: %w", err)
	}
	v.Started()
	return v, nil
}

// unnamedFile is a temporary file that is gone when it is closed, whatever happens.
func unnamedFile() (*os.File, error) {
	f, err := os.CreateTemp("", "simk-")
	if err != nil {
		return nil, limits.Folder(err)
	}
	return f, os.Remove(f.Name())
}

// wait returns when the run has ended. When ctx ends it stops the run.
func (v *viewed) wait(ctx context.Context) (unix.WaitStatus, error) {
	for ; ; time.Sleep(process.Step) {
		status, ended, err := process.Ended(v.cmd.Process)
		if err != nil || ended {
			return status, err
		}
		if ctx.Err() != nil {
			v.stop()
		}
	}
}

// print passes on what the run printed.
func (v *viewed) print(stdout, stderr io.Writer) error {
	for _, stream := range []struct {
		from *os.File
		to   io.Writer
	}{{v.stdout, printable.Data(stdout)}, {v.stderr, stderr}} {
		if _, err := stream.from.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.Copy(stream.to, stream.from); err != nil {
			return err
		}
	}
	return nil
}

// titleOf names what a view shows after its first file.
func titleOf(args []string) string { return filepath.Base(args[0]) }
