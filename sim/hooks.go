package sim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/process"
)

// HookPoint is a moment of a run at which commands of the user's run.
type HookPoint string

// Points, in the order in which they come.
const (
	// BeforeStart: the input was read, nothing runs yet.
	BeforeStart HookPoint = "before-start"
	// BeforeRun: the control plane is up, the trace's objects are not there yet in a
	// replay; in a live cluster they are.
	BeforeRun HookPoint = "before-run"
	// AfterRun: the trace is over, the cluster still there.
	AfterRun HookPoint = "after-run"
	// AfterStop: all is over, the results are written.
	AfterStop HookPoint = "after-stop"
)

// HookPoints are all of them.
var HookPoints = []HookPoint{BeforeStart, BeforeRun, AfterRun, AfterStop}

// Hook is a command that runs at a point. Hooks come from the command line or a
// run configuration, never from a trace.
type Hook struct {
	Point   HookPoint
	Command []string
	// IgnoreFailure lets the run go on when the command fails.
	IgnoreFailure bool
}

func (h *Hook) check() error {
	if !slices.Contains(HookPoints, h.Point) {
		return fmt.Errorf("hook at %q: the points are %q", h.Point, HookPoints)
	}
	if len(h.Command) == 0 || h.Command[0] == "" {
		return fmt.Errorf("hook at %s: it has no command", h.Point)
	}
	return nil
}

// hooks runs a run's hooks.
type hooks struct {
	all []Hook
	env []string
	// began says that BeforeStart has come, and so AfterStop will.
	began bool
	// wait lets real time pass between looks at a command. A replay stands still
	// meanwhile; a live cluster goes on.
	wait func()
}

// newHooks prepares hooks. They find in the environment: SIMK_HOOK, the point;
// SIMK_DIR, the run's scratch folder; SIMK_OUT, the folder for the results, if
// there is one; in a live cluster KUBECONFIG, from when there is one.
func newHooks(o *Options, dir string) (*hooks, error) {
	h := &hooks{all: o.Hooks, env: append(os.Environ(), "SIMK_DIR="+dir)}
	if o.Out != "" {
		out, err := filepath.Abs(o.Out)
		if err != nil {
			return nil, err
		}
		h.env = append(h.env, "SIMK_OUT="+out)
	}
	h.wait = func() {
		clock.WallSleep(process.Step)
		runtime.Gosched() // a signal's goroutine may run, while time stands still
	}
	return h, nil
}

// live makes hooks of a cluster whose time goes on while they run.
func (h *hooks) live(kubeconfig string) {
	h.env = append(h.env, "KUBECONFIG="+kubeconfig)
	h.wait = func() { time.Sleep(process.Step) }
}

// at runs the hooks of a point, one after the other.
func (h *hooks) at(ctx context.Context, point HookPoint) error {
	h.began = h.began || point == BeforeStart
	for _, hook := range h.all {
		if hook.Point != point {
			continue
		}
		if err := h.run(ctx, hook); err != nil && !hook.IgnoreFailure {
			return fmt.Errorf("hook at %s: %q: %w", point, hook.Command, err)
		}
	}
	return nil
}

// afterStop runs the last hooks, when the run's own error is known. They run even
// if ctx ended: what a hook set up another may have to take down.
func (h *hooks) afterStop(err error) error {
	if !h.began {
		return err
	}
	return errors.Join(err, h.at(context.Background(), AfterStop))
}

// run runs a command to its end. What it prints goes to stderr: stdout may hold
// the report.
func (h *hooks) run(ctx context.Context, hook Hook) error {
	path, err := exec.LookPath(hook.Command[0])
	if err != nil {
		return err
	}
	// Files only: pipes would need goroutines that read them.
	env := append(slices.Clone(h.env), "SIMK_HOOK="+string(hook.Point))
	cmd := &exec.Cmd{Path: path, Args: hook.Command, Env: env, Stdout: os.Stderr, Stderr: os.Stderr}
	if err := cmd.Start(); err != nil {
		return err
	}
	for stopped := false; ; h.wait() {
		status, ended, err := process.Ended(cmd.Process)
		switch {
		case err != nil:
			return err
		case !ended:
			if ctx.Err() != nil && !stopped {
				stopped = true
				_ = cmd.Process.Signal(syscall.SIGTERM)
			}
		case status.Exited() && status.ExitStatus() == 0:
			return ctx.Err()
		case status.Exited():
			return fmt.Errorf("exit status %d", status.ExitStatus())
		default:
			return fmt.Errorf("ended by %v", status.Signal())
		}
	}
}
