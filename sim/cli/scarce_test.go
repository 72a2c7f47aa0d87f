package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// smallFileSystem is an empty one of so many MB, if the machine lets this process mount it.
func smallFileSystem(t *testing.T, mb int, flags uintptr) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, fmt.Sprintf("size=%dm", mb)); err != nil {
		t.Skipf("this machine lets us mount nothing: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// However little room there is for temporary files, a run finishes with the same results,
// or says in a line what is too little. An earlier report stays as it was.
func TestSmallDisk(t *testing.T) {
	want := unlimited(t, "trace.json")
	finished := 0
	sizes := []int{1, 4, 8, 16, 24, 32, 48, 64}
	for _, mb := range sizes {
		t.Run(fmt.Sprintf("%d MB", mb), func(t *testing.T) {
			tmp, out := smallFileSystem(t, mb, 0), filepath.Join(t.TempDir(), "out")
			cmd, _, stderr := command(t, "replay", "../../testdata/trace.json", "--out", out)
			cmd.Env = append(cmd.Env, "TMPDIR="+tmp)
			if finishesOrSays(t, cmd, stderr, out, want, "set TMPDIR") {
				finished++
			} else if mb >= 16 {
				t.Errorf("it does not finish: %s", stderr)
			}
			if left := scratchFolders(t, tmp); len(left) > 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
	t.Logf("%d of %d finished", finished, len(sizes))
}

// What a process can have too little of besides: it says what, and what to do.
func TestScarceThings(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, before, tmp, says string
		fails                   bool
	}{
		{"few descriptors", "ulimit -n 12", "", "ulimit -n", true},
		{"enough descriptors", "ulimit -n 64", "", "", false},
		{"small files", "ulimit -f 4000", "", "ulimit -f", true},
		{"hardly any address space", "ulimit -v 300000", "", "ulimit -v", true},
		{"little address space", "ulimit -v 1500000", "", "ulimit -v", true},
		{"enough address space", "ulimit -v 3000000", "", "", false},
		{"little data", "ulimit -d 100000", "", "ulimit -d", true},
		{"TMPDIR is a file", "true", blocked, "set TMPDIR", true},
		{"TMPDIR cannot be", "true", "/proc/self/none", "set TMPDIR", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd, stderr := limited(t, c.before, "replay", empty(t))
			if c.tmp != "" {
				cmd.Env = append(cmd.Env, "TMPDIR="+c.tmp)
			}
			_, err := printed(t, cmd)
			said := strings.TrimSpace(stderr.String())
			if !c.fails {
				if err != nil {
					t.Errorf("%v: %s", err, said)
				}
				return
			}
			if code := cmd.ProcessState.ExitCode(); code != exitRun {
				t.Errorf("%v, want exit code %d", err, exitRun)
			}
			if strings.Contains(said, "\n") || !strings.HasPrefix(said, "simk: ") || !strings.Contains(said, c.says) {
				t.Errorf("it says %q, want one line with %q", said, c.says)
			}
		})
	}
	t.Run("TMPDIR is read-only", func(t *testing.T) {
		cmd, _, stderr := command(t, "replay", empty(t))
		cmd.Env = append(cmd.Env, "TMPDIR="+smallFileSystem(t, 1, syscall.MS_RDONLY))
		_ = cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != exitRun || !strings.Contains(stderr.String(), "set TMPDIR") {
			t.Errorf("exit code %d: %s", code, stderr)
		}
	})
	t.Run("no threads", func(t *testing.T) {
		if os.Getuid() != 0 {
			t.Skip("another user is needed, who has no process")
		}
		dir, err := os.MkdirTemp("", "simk-threads-")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		program, err := os.Executable()
		if err == nil {
			err = errors.Join(os.Chmod(dir, 0o755), os.Link(program, filepath.Join(dir, "simk")))
		}
		if err != nil {
			t.Skipf("that user cannot have the program: %v", err)
		}
		cmd, stderr := limited(t, "ulimit -u 1 2>/dev/null || ulimit -p 1", "version") // bash or dash
		cmd.Args[3] = filepath.Join(dir, "simk")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 64123, Gid: 64123}}
		_ = cmd.Run()
		if said := stderr.String(); cmd.ProcessState.ExitCode() != exitRun || !strings.Contains(said, "ulimit -u") || strings.Count(said, "\n") != 1 {
			t.Errorf("exit code %d: %s", cmd.ProcessState.ExitCode(), said)
		}
	})
}
