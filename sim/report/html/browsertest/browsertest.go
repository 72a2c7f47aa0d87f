// Package browsertest opens pages in a real headless Chromium, for tests. Nothing is
// simulated; a test is skipped where no Chromium is installed.
package browsertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/process"
)

// chromium returns the browser, and skips the test where none is installed.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium is installed")
	return ""
}

const (
	// patience is how long the browser may take, in wall time. It needs some seconds, and
	// now and then hangs, on a busy machine: one of some tens of runs did.
	patience = 2 * time.Minute
	attempts = 3
)

// Open lets the browser open the file, and returns what it wrote: the page as it
// is in the end, for example, and what the page said on its console. Both go
// through files: a pipe would stop a process in virtual time.
func Open(t *testing.T, file string, flags ...string) (out, console string) {
	t.Helper()
	for range attempts {
		if out, log, ended := open(t, file, flags); ended {
			return out, said(log)
		}
		t.Logf("Chromium had not ended after %v; it is started anew", patience)
	}
	t.Fatalf("Chromium hung %d times", attempts)
	return "", ""
}

// open runs the browser once, and tells whether it came to its end.
func open(t *testing.T, file string, flags []string) (out, log string, ended bool) {
	t.Helper()
	dir := t.TempDir()
	files := make([]*os.File, 2)
	for i := range files {
		f, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files[i] = f
	}
	cmd := exec.Command(chromium(t), append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--enable-logging=stderr",
		"--user-data-dir=" + filepath.Join(dir, "user"),
	}, append(flags, "file://"+file)...)...)
	cmd.Env = append(os.Environ(), "HOME="+dir)
	cmd.Stdout, cmd.Stderr = files[0], files[1]
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its children end with it
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for began := clock.Wall(); clock.Wall().Sub(began) < patience; clock.WallSleep(process.Step) {
		status, ended, err := process.Ended(cmd.Process)
		if err != nil || ended && status.ExitStatus() != 0 {
			t.Fatalf("%v: exit status %d, %v\n%s", cmd.Args, status.ExitStatus(), err, contents(t, files[1]))
		}
		if ended {
			return contents(t, files[0]), contents(t, files[1]), true
		}
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	_ = cmd.Wait()
	return "", "", false
}

// said is what a page said on its console, of all that the browser logged.
func said(log string) string {
	var lines []string
	for _, line := range strings.Split(log, "\n") {
		if strings.Contains(line, "CONSOLE") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func contents(t *testing.T, f *os.File) string {
	t.Helper()
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
