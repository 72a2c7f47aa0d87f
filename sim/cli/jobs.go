package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/limits"
	"simk.dev/simk/sim/process"
)

// job is a run in a process of its own. What it prints on stderr goes to a file;
// its results are in its folder.
type job struct {
	name string
	args []string
	log  string

	cmd *exec.Cmd
	out *os.File
}

// jobMemory is what a run is expected to need, in bytes.
const jobMemory = 2 << 30

// runJobs runs jobs, at most n at once; 0: as many as the machine bears. When ctx
// ends or a job fails it ends the others and returns why.
func runJobs(ctx context.Context, jobs []*job, n int, progress io.Writer) error {
	free, shared := limits.Free()
	if n <= 0 {
		n = atOnce(free)
	}
	share := shared.Share(min(n, len(jobs)))
	program, err := os.Executable()
	if err != nil {
		return &runError{err}
	}
	line := newProgressLine(progress)
	defer line.clear()
	var running []*job
	defer func() { stopJobs(running) }()
	for next, done := 0, 0; done < len(jobs); {
		for ; next < len(jobs) && len(running) < n; next++ {
			if err := jobs[next].start(program, share); err != nil {
				return &runError{fmt.Errorf("start %s: %w", jobs[next].name, err)}
			}
			running = append(running, jobs[next])
		}
		clock.WallSleep(process.Step)
		clock.Settle() // a signal ends ctx, in another goroutine
		if ctx.Err() != nil {
			return &runError{errors.New("interrupted")}
		}
		left := running[:0]
		var failed error
		for _, j := range running {
			ended, err := j.ended()
			if !ended {
				left = append(left, j)
				continue
			}
			done++
			failed = errors.Join(failed, err)
		}
		if running = left; failed != nil {
			return failed
		}
		line.text(fmt.Sprintf("%d of %d runs done", done, len(jobs)))
	}
	return nil
}

// atOnce is how many runs processors and free memory, in bytes, allow; 0: that is not known.
func atOnce(free int64) int {
	n := runtime.NumCPU()
	if free > 0 {
		n = min(n, int(free/jobMemory))
	}
	return max(n, 1)
}

// start starts the job; share is what its environment says about its memory.
func (j *job) start(program, share string) (err error) {
	if j.out, err = os.Create(j.log); err != nil {
		return err
	}
	j.cmd = &exec.Cmd{Path: program, Args: append([]string{os.Args[0]}, j.args...)}
	if share != "" {
		j.cmd.Env = append(os.Environ(), share)
	}
	j.cmd.Stderr = j.out // files, no pipes: those would need goroutines that read them
	j.cmd.SysProcAttr = withParent()
	return j.cmd.Start()
}

// ended tells whether the job is over, and how it failed.
func (j *job) ended() (bool, error) {
	status, ended, err := process.Ended(j.cmd.Process)
	if err == nil && !ended {
		return false, nil
	}
	_ = j.out.Close()
	if err != nil {
		return true, &runError{fmt.Errorf("wait for %s: %w", j.name, err)}
	}
	if status.ExitStatus() == exitOK {
		return true, os.Remove(j.log)
	}
	said, _ := os.ReadFile(j.log)
	err = fmt.Errorf("%s: %s", j.name, strings.TrimPrefix(strings.TrimSpace(string(said)), "simk: "))
	if status.ExitStatus() == exitInput {
		return true, err // Main takes it for bad input, as it is
	}
	return true, &runError{err}
}

// stopJobs ends jobs and waits until they are gone.
func stopJobs(jobs []*job) {
	for _, j := range jobs {
		_ = j.cmd.Process.Signal(syscall.SIGTERM)
	}
	for _, j := range jobs {
		for ended := false; !ended; {
			if ended, _ = j.ended(); !ended {
				clock.WallSleep(process.Step)
			}
		}
	}
}
