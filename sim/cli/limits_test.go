package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"simk.dev/simk/sim/clock"
)

// limited is simk started by a shell that limits it before: the limits of the process
// that starts it must stay what they are.
func limited(t *testing.T, before string, args ...string) (cmd *exec.Cmd, stderr *bytes.Buffer) {
	t.Helper()
	cmd, _, stderr = command(t, args...)
	simk, err := exec.LookPath("simk")
	if err != nil {
		t.Fatal(err)
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell to set limits with")
	}
	cmd.Path, cmd.Args = sh, append([]string{"sh", "-c", before + ` && exec "$0" "$@"`, simk}, args...)
	return cmd, stderr
}

// finishesOrSays runs a replay to its end. It finishes, and the results are those of a run
// without limits; or it ends with exit code 2, one line that holds what, and no results.
func finishesOrSays(t *testing.T, cmd *exec.Cmd, stderr *bytes.Buffer, out string, want map[string]string, what string) (finished bool) {
	t.Helper()
	_, err := printed(t, cmd)
	if err == nil {
		for name, text := range readFiles(t, out) {
			if text != want[name] {
				t.Errorf("%s differs from that of a run without limits", name)
			}
		}
		return true
	}
	said := strings.TrimSpace(stderr.String())
	if code := cmd.ProcessState.ExitCode(); code != exitRun {
		t.Errorf("%v, want exit code %d", err, exitRun)
	}
	if strings.Contains(said, "\n") || !strings.HasPrefix(said, "simk: ") || !strings.Contains(said, what) {
		t.Errorf("it says %q, want one line that tells of %s", said, what)
	}
	if files, _ := filepath.Glob(filepath.Join(out, "*")); len(files) > 0 {
		t.Errorf("a run that failed left %v", files)
	}
	return false
}

// unlimited are the results of a replay of a file in testdata.
func unlimited(t *testing.T, trace string) map[string]string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	cmd, _, stderr := command(t, "replay", "../../testdata/"+trace, "--out", out)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	return readFiles(t, out)
}

// Whatever memory there is, a run finishes with the same results, or says in a line what
// is too little.
func TestMemoryLimits(t *testing.T) {
	if !clock.Virtual {
		t.Skip("only virtual time is repeatable")
	}
	for _, trace := range []string{"trace.json", "mixed.json"} {
		want := unlimited(t, trace)
		run := func(t *testing.T, before string, env []string, what string, finishes bool) {
			out := filepath.Join(t.TempDir(), "out")
			cmd, stderr := limited(t, before, "replay", "../../testdata/"+trace, "--out", out)
			cmd.Env = append(cmd.Env, env...)
			if finished := finishesOrSays(t, cmd, stderr, out, want, what); finished != finishes {
				t.Errorf("finished: %v, want %v\n%s", finished, finishes, stderr)
			}
		}
		for _, mib := range []int{40, 150, 220, 256, 1000} {
			limit := fmt.Sprintf("GOMEMLIMIT=%dMiB", mib)
			t.Run(trace+" "+limit, func(t *testing.T) { run(t, "true", []string{limit}, limit, mib > 40) })
		}
		for _, mb := range []int{110, 300, 500, 1000} {
			t.Run(fmt.Sprintf("%s cgroup of %d MB", trace, mb), func(t *testing.T) {
				group := newCgroup(t, mb*1e6)
				run(t, "echo $$ > "+group+"/cgroup.procs", nil, group, mb > 110)
			})
		}
	}
}

// newCgroup makes a control group with a limit on memory, in bytes, if the machine lets
// this process do that.
func newCgroup(t *testing.T, bytes int) string {
	t.Helper()
	for _, v := range []struct{ parent, limit string }{
		{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"}, {"/sys/fs/cgroup", "memory.max"},
	} {
		dir := filepath.Join(v.parent, fmt.Sprintf("simk-test-%d", os.Getpid()))
		if os.Mkdir(dir, 0o755) != nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, v.limit), fmt.Append(nil, bytes), 0o644); err != nil {
			_ = os.Remove(dir)
			continue
		}
		t.Cleanup(func() {
			if err := os.Remove(dir); err != nil {
				t.Error(err)
			}
		})
		return dir
	}
	t.Skip("this machine lets us make no control group with a limit on memory")
	return ""
}
