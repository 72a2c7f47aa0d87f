package cli

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/tracer"
)

// The hangup of a terminal, of which a process may hear twice, ends a run as an interruption
// does: with its report.
func TestHangupWritesTheReportSoFar(t *testing.T) {
	cmd, tmp, out, stderr := startPaced(t)
	for range 2 {
		if err := cmd.Process.Signal(syscall.SIGHUP); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d\n%s", code, exitInterrupted, stderr)
	}
	if report, err := os.ReadFile(filepath.Join(out, "report.json")); err != nil || !strings.Contains(string(report), `"complete": false`) {
		t.Errorf("the report: %v", err)
	}
	if left := scratchFolders(t, tmp); len(left) != 0 {
		t.Errorf("the run left %v", left)
	}
}

// A reader that closes simk's output does not end the run: its report is written.
func TestReaderGone(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	cmd, _, stderr := command(t, "replay", "../../testdata/trace.json", "--duration", "1h", "--out", out)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	cmd.Stdout = w
	if err := cmd.Run(); err != nil {
		t.Errorf("%v\n%s", err, stderr)
	}
	w.Close()
	if _, err := os.Stat(filepath.Join(out, "report.json")); err != nil {
		t.Error(err)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	cmd, _, stderr = command(t, "replay", "../../testdata/trace.json", "--duration", "1h")
	cmd.Stdout = full
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != exitRun || !strings.Contains(stderr.String(), "no space left") {
		t.Errorf("a full disk: %v\n%s", err, stderr)
	}
}

// Reading and changing a long trace, with an expression for each object, ends when it is told to,
// and leaves nothing behind.
func TestLongWorkHearsOfSignals(t *testing.T) {
	dir := t.TempDir()
	trace := filepath.Join(dir, "trace.json")
	const events = 1_000_000
	pods := func(yield func(*tracer.Event, error) bool) {
		for i := range events {
			if !yield(&tracer.Event{Index: i}, nil) {
				return
			}
		}
	}
	if err := tracer.WriteFile(trace, &tracer.Head{Name: "long"}, pods); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"trace", "edit", trace, "-O", filepath.Join(dir, "out.json"), "--scale-arrivals", "1000"},
		{"trace", "edit", trace, "-O", filepath.Join(dir, "out.json"), "--merge", trace, "--merge", trace, "--merge", trace, "--merge", trace, "--merge", trace},
	} {
		cmd := exec.Command("simk", args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if !within(func() bool {
			temporary, _ := filepath.Glob(filepath.Join(dir, ".out.json.*.tmp"))
			return len(temporary) > 0
		}) {
			t.Fatal("it does not begin to write")
		}
		clock.WallSleep(wallStep / 10)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
			t.Errorf("%v: exit code %d, want %d", args, code, exitInterrupted)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*out*")); len(left) != 0 {
			t.Errorf("it left %v", left)
		}
	}
}
