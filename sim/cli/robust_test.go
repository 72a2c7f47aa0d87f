package cli

import (
	"bytes"
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/live/socket"
)

// command is simk as a process of its own, with a private temporary folder.
func command(t *testing.T, args ...string) (cmd *exec.Cmd, tmp string, stderr *bytes.Buffer) {
	t.Helper()
	tmp, stderr = t.TempDir(), &bytes.Buffer{}
	cmd = exec.Command("simk", args...)
	cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR=", "TMPDIR="+tmp)
	cmd.Stderr = stderr
	return cmd, tmp, stderr
}

// scratchFolders lists what runs left in their temporary folder.
func scratchFolders(t *testing.T, tmp string) []string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(tmp, "simk-*", "run-*"))
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}

// startPaced starts a run that takes long enough, in wall time, to be ended from
// outside, a virtual second each second, and returns when it has begun.
func startPaced(t *testing.T) (cmd *exec.Cmd, tmp, out string, stderr *bytes.Buffer) {
	t.Helper()
	out = filepath.Join(t.TempDir(), "out")
	cmd, tmp, stderr = command(t, "replay", "../../testdata/mixed.json", "--speed", "1", "--out", out)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	awaitScratch(t, tmp)
	return cmd, tmp, out, stderr
}

// How long, and in which steps, tests wait for a process, in wall time.
const (
	wallLimit = 30 * time.Second
	wallStep  = 200 * time.Millisecond
)

// within waits, in wall time, until something is so, and tells whether it ever was.
func within(so func() bool) bool {
	for end := clock.Wall().Add(wallLimit); clock.Wall().Before(end); clock.WallSleep(wallStep) {
		if so() {
			return true
		}
	}
	return false
}

// awaitScratch waits for the run to have begun.
func awaitScratch(t *testing.T, tmp string) {
	t.Helper()
	if !within(func() bool {
		dirs := scratchFolders(t, tmp)
		if len(dirs) == 0 {
			return false
		}
		_, err := os.Stat(filepath.Join(dirs[0], "events.jsonl"))
		return err == nil
	}) {
		t.Fatal("the run did not begin")
	}
	clock.WallSleep(wallStep)
}

// awaitSocket waits for a cluster whose temporary folder that is to take commands, and
// returns its control socket.
func awaitSocket(t *testing.T, tmp string) string {
	t.Helper()
	var sockets []string
	if !within(func() bool {
		sockets, _ = filepath.Glob(filepath.Join(tmp, "simk-*", "run-*", socket.FileName))
		return len(sockets) > 0
	}) || len(sockets) != 1 {
		t.Fatalf("control sockets: %v, want one", sockets)
	}
	return sockets[0]
}

// printed runs a command to its end, with or without success, and returns what it
// prints on stdout. That goes to a file: a pipe would need a goroutine that reads it
// while another waits for the end.
func printed(t *testing.T, cmd *exec.Cmd) (string, error) {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout = out
	ended := cmd.Run()
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text), ended
}

func TestKilledRunLeavesNothingThatTheNextDoesNotRemove(t *testing.T) {
	cmd, tmp, out, _ := startPaced(t)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if left := scratchFolders(t, tmp); len(left) != 1 {
		t.Fatalf("after SIGKILL there are %v, want the one folder of the killed run", left)
	}
	if files, _ := os.ReadDir(out); len(files) != 0 {
		t.Errorf("the killed run left %d files in the output folder", len(files))
	}
	next := exec.Command("simk", "replay", empty(t))
	next.Env = cmd.Env
	if text, err := next.CombinedOutput(); err != nil {
		t.Fatalf("next run: %v\n%s", err, text)
	}
	if left := scratchFolders(t, tmp); len(left) != 0 {
		t.Errorf("the next run left %v", left)
	}
}

func TestInterruptWritesTheReportSoFar(t *testing.T) {
	cmd, tmp, out, stderr := startPaced(t)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d\n%s", code, exitInterrupted, stderr)
	}
	report, err := os.ReadFile(filepath.Join(out, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(report), `"complete": false`) {
		t.Error("the report of an interrupted run does not say that it is incomplete")
	}
	if left := scratchFolders(t, tmp); len(left) != 0 {
		t.Errorf("the interrupted run left %v", left)
	}
}

func TestTwoRunsAtOnceDoNotDisturbEachOther(t *testing.T) {
	tmp := t.TempDir()
	var outs [2]string
	var cmds [2]*exec.Cmd
	for i := range cmds {
		outs[i] = filepath.Join(tmp, string(rune('a'+i)))
		cmds[i] = exec.Command("simk", "replay", "../../testdata/trace.json", "--duration", "1h", "--out", outs[i])
		cmds[i].Env = append(os.Environ(), "XDG_RUNTIME_DIR=", "TMPDIR="+tmp)
		if err := cmds[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	var reports [2][]byte
	for i, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Fatalf("run %d: %v", i, err)
		}
		var err error
		if reports[i], err = os.ReadFile(filepath.Join(outs[i], "report.json")); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(reports[0], reports[1]) {
		t.Error("two runs at once gave different reports")
	}
}

func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	whole, err := os.ReadFile("../../testdata/trace.json")
	if err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write(whole)
	_ = w.Close()
	cutOff := filepath.Join(dir, "cut.json.gz")
	if err := os.WriteFile(cutOff, zipped.Bytes()[:zipped.Len()/2], 0o600); err != nil {
		t.Fatal(err)
	}
	// 10 GB that take no room on disk: a value that never ends.
	endless := filepath.Join(dir, "endless.json")
	f, err := os.Create(endless)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.WriteString(`{"apiVersion":"simk.dev/v1","kind":"Trace","metadata":{"name":"`)
	if err := f.Truncate(10 << 30); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	for _, path := range []string{cutOff, endless, dir, filepath.Join(dir, "missing.json")} {
		cmd, _, stderr := command(t, "replay", path)
		_ = cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != exitInput {
			t.Errorf("%s: exit code %d, want %d", filepath.Base(path), code, exitInput)
		}
		if !strings.Contains(stderr.String(), filepath.Base(path)) {
			t.Errorf("%s: the error does not name it: %s", filepath.Base(path), stderr)
		}
		if rss := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss; rss > 1<<20 {
			t.Errorf("%s: %d KiB of memory to find that out", filepath.Base(path), rss)
		}
	}
}

// TestRepeatable replays traces several times, in processes of their own that are
// called differently: the results are the same to the byte. (That another seed
// gives others is a story.)
func TestRepeatable(t *testing.T) {
	if !clock.Virtual {
		t.Skip("only virtual time is repeatable")
	}
	environments := [][]string{nil, {"X=" + strings.Repeat("x", 5000)}, {"A=1", "B=2", "C=3"}}
	for _, trace := range [][]string{
		{"trace.json"}, {"mixed.json", "--duration", "8h"}, {"trace.json", "--duration", "4h", "--autoscaler", "../../testdata/autoscaler.yaml"},
	} {
		t.Run(strings.Join(trace, " "), func(t *testing.T) {
			run := func(i int) map[string]string {
				out := filepath.Join(t.TempDir(), strings.Repeat("o", 1+50*i))
				args := append([]string{"replay", "../../testdata/" + trace[0], "--out", out}, trace[1:]...)
				cmd, _, stderr := command(t, args...)
				cmd.Env = append(cmd.Env, environments[i]...)
				if err := cmd.Run(); err != nil {
					t.Fatalf("%v\n%s", err, stderr)
				}
				return readFiles(t, out)
			}
			first := run(0)
			if _, ok := first["nodes.csv"]; ok != slices.Contains(trace, "--autoscaler") {
				t.Errorf("nodes.csv is there: %v", ok)
			}
			for i := 1; i < len(environments); i++ {
				again := run(i)
				for name := range first {
					if again[name] != first[name] {
						t.Errorf("%s differs between two runs", name)
					}
				}
			}
		})
	}
}

// readFiles reads the files of a run's folder.
func readFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if len(names) < 4 {
		t.Fatalf("only %v (%v)", names, err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = string(b)
	}
	return files
}

func empty(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "empty.json")
	if err := os.WriteFile(path, []byte(`{"apiVersion":"simk.dev/v1","kind":"Trace","metadata":{"name":"empty"},"duration":"1s","objects":[],"events":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
