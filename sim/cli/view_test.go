package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/process"
)

const sampleTrace = "../../testdata/trace.json"

// view is simk on a terminal, as a user sees it: a pseudo-terminal, and an emulator
// that draws what comes out of it.
type view struct {
	t      *testing.T
	cmd    *exec.Cmd
	tty    int
	screen *vt.Emulator
	stdout string
}

// openView starts simk on a terminal of 120 columns and 36 lines. Its stdout goes to a
// file: views draw on stderr.
func openView(t *testing.T, args ...string) *view {
	t.Helper()
	cmd := exec.Command("simk", args...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "XDG_RUNTIME_DIR=", "TMPDIR="+t.TempDir())
	stdout, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	require.NoError(t, err)
	cmd.Stdout = stdout
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 36, Cols: 120})
	require.NoError(t, err)
	v := &view{t, cmd, int(tty.Fd()), vt.NewEmulator(120, 36), stdout.Name()}
	require.NoError(t, syscall.SetNonblock(v.tty, true)) // a read must not hold the only processor
	go v.answer()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = tty.Close()
		_ = stdout.Close()
	})
	return v
}

// answer passes on what a terminal says by itself when it is asked what it can do.
func (v *view) answer() {
	buffer := make([]byte, 256)
	for {
		n, err := v.screen.Read(buffer)
		if err != nil {
			return
		}
		_, _ = syscall.Write(v.tty, buffer[:n])
	}
}

func (v *view) press(keys string) {
	v.t.Helper()
	_, err := syscall.Write(v.tty, []byte(keys))
	require.NoError(v.t, err)
}

// escape presses the escape key; what follows it at once would be taken for one key
// with it.
func (v *view) escape() {
	v.t.Helper()
	v.press("\x1b")
	for end := clock.Wall().Add(300 * time.Millisecond); clock.Wall().Before(end); clock.WallSleep(wallStep) {
		v.draw()
	}
}

// draw draws what has been written; false: simk has closed the terminal.
func (v *view) draw() bool {
	buffer := make([]byte, 1<<16)
	for {
		n, err := syscall.Read(v.tty, buffer)
		switch {
		case n > 0:
			_, _ = v.screen.Write(buffer[:n])
			clock.Settle() // the answers
		case errors.Is(err, syscall.EAGAIN):
			return true
		case !errors.Is(err, syscall.EINTR):
			return false
		}
	}
}

// await waits, in wall time, until the screen matches a pattern, and returns the
// first group of the match.
func (v *view) await(pattern string) string {
	v.t.Helper()
	wanted := regexp.MustCompile(pattern)
	var found []string
	if !within(func() bool {
		v.draw()
		found = wanted.FindStringSubmatch(v.screen.String())
		return found != nil
	}) {
		v.t.Fatalf("the screen never showed %q:\n%s", pattern, v.screen.String())
	}
	return found[len(found)-1]
}

// end waits until simk has ended and returns its exit code and what it printed.
func (v *view) end() (int, string) {
	v.t.Helper()
	var status unix.WaitStatus
	if !within(func() bool {
		v.draw()
		now, ended, err := process.Ended(v.cmd.Process)
		require.NoError(v.t, err)
		status = now
		return ended
	}) {
		v.t.Fatalf("simk did not end:\n%s", v.screen.String())
	}
	text, err := os.ReadFile(v.stdout)
	require.NoError(v.t, err)
	return status.ExitStatus(), string(text)
}

// plainReport is what a replay without a view prints.
func plainReport(t *testing.T, trace string) string {
	t.Helper()
	code, printed := plainly(t, "replay", trace, "-o", "json")
	require.Equal(t, exitOK, code)
	return printed
}

// plainly runs simk without a terminal, and returns what it prints on stdout; with
// --watch on stderr, too.
func plainly(t *testing.T, args ...string) (int, string) {
	t.Helper()
	cmd := exec.Command("simk", args...)
	said, err := os.Create(filepath.Join(t.TempDir(), "stderr")) // a file, so that it is no terminal
	require.NoError(t, err)
	defer said.Close()
	cmd.Stderr = said
	text, err := printed(t, cmd)
	if err != nil {
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
	}
	if slices.Contains(args, "--watch") {
		b, err := os.ReadFile(said.Name())
		require.NoError(t, err)
		text += string(b)
	}
	return cmd.ProcessState.ExitCode(), text
}

// A run that is paused and goes on step by step gives the report of one that nobody
// looked at.
func TestWatchSteps(t *testing.T) {
	v := openView(t, "replay", sampleTrace, "--watch", "-o", "json", "--speed", "60")
	v.await(`speed 60`)
	v.press(" ")
	v.await(`paused`)
	before := v.await(`events (\d+)/`)
	v.press("n")
	v.await(fmt.Sprintf(`events %d/`, atoi(before)+1))
	v.press("\t")
	v.await(`NAME +STATE +PODS +CPU`)
	v.await(`Ready`)
	v.press("3")
	v.await(`Scheduled`)
	v.press("m ")
	v.await(`over; q leaves`)
	v.press("1/web")
	v.await(`/web`)
	v.press("\r")
	v.escape()
	v.press("q")
	code, printed := v.end()
	assert.Equal(t, exitOK, code)
	assert.Equal(t, plainReport(t, sampleTrace), printed)
}

// So are all files of one with an autoscaler, whose pauses and steps fall anywhere.
func TestWatchedFiles(t *testing.T) {
	dir := t.TempDir()
	run := []string{"replay", sampleTrace, "--duration", "2h", "--autoscaler", "../../testdata/autoscaler.yaml", "--explain", "all", "--out"}
	code, _ := plainly(t, append(run, filepath.Join(dir, "plain"))...)
	require.Equal(t, exitOK, code)
	v := openView(t, append(run, filepath.Join(dir, "watched"), "--watch")...)
	v.await(`replay  at`)
	for range 5 {
		v.press(" ")
		v.await(`paused|over; q leaves`)
		v.press("nnn ")
	}
	// Keys come faster than the view hears of what they did: the last may have paused it.
	require.True(t, within(func() bool {
		v.draw()
		if strings.Contains(v.screen.String(), "  paused") {
			v.press(" ")
		}
		return strings.Contains(v.screen.String(), "over; q leaves")
	}), v.screen.String())
	v.press("q")
	code, _ = v.end()
	require.Equal(t, exitOK, code)
	plain, watched := readFiles(t, filepath.Join(dir, "plain")), readFiles(t, filepath.Join(dir, "watched"))
	for name := range plain {
		assert.True(t, plain[name] == watched[name], "%s differs", name)
	}
}

// Leaving the view lets the run go on to its end; ctrl+c stops it.
func TestWatchLeave(t *testing.T) {
	v := openView(t, "replay", sampleTrace, "--watch", "-o", "json", "--speed", "10")
	v.await(`speed 10`)
	v.press("q")
	code, printed := v.end()
	assert.Equal(t, exitOK, code)
	assert.Equal(t, plainReport(t, sampleTrace), printed)

	v = openView(t, "replay", sampleTrace, "--watch", "-o", "json", "--speed", "10")
	v.await(`speed 10`)
	v.press(" ")
	v.await(`paused`)
	v.press("\x03")
	code, printed = v.end()
	assert.Equal(t, exitInterrupted, code)
	assert.Contains(t, printed, `"complete": false`)
}

// When the view is killed, the run ends too.
func TestWatchKilled(t *testing.T) {
	v := openView(t, "replay", sampleTrace, "--watch", "--speed", "10")
	v.await(`speed 10`)
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", v.cmd.Process.Pid))
	if len(threads) == 0 {
		t.Skip("needs /proc")
	}
	child := 0
	for _, thread := range threads {
		children, err := os.ReadFile(thread)
		require.NoError(t, err)
		child += atoi(string(children))
	}
	require.Positive(t, child)
	require.NoError(t, v.cmd.Process.Kill())
	_, _ = v.cmd.Process.Wait()
	assert.True(t, within(func() bool { return syscall.Kill(child, 0) != nil }), "run %d outlived its view", child)
}

// What a run has to say about bad input is there when the view is gone.
func TestWatchBadInput(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.json")
	v := openView(t, "replay", missing, "--watch")
	code, _ := v.end()
	assert.Equal(t, exitInput, code)
	assert.Contains(t, v.screen.String(), "missing.json")
}

// Without a terminal there are plain lines.
func TestViewsWithoutTerminal(t *testing.T) {
	code, said := plainly(t, "replay", sampleTrace, "--watch", "--speed", "7200")
	assert.Equal(t, exitOK, code)
	assert.Regexp(t, `(?m)^simk: replay  at .* of 12h0m0s .* events \d+/400  pods \d+ pending`, said)
	assert.NotContains(t, said, "\x1b")

	code, said = plainly(t, "trace", "xray", sampleTrace)
	assert.Equal(t, exitOK, code)
	assert.Regexp(t, `(?m)^start +start +Node openb-node-0000`, said)
	assert.Regexp(t, `(?m)^\d+\S+ +apply +Pod batch/openb-pod-\d+`, said)
}

// The screen is what it was when the view is left, and the terminal echoes again. In
// tmux, as many use it.
func TestViewInTmux(t *testing.T) {
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		t.Skip("no tmux is installed")
	}
	socket := filepath.Join(t.TempDir(), "tmux")
	command := func(args ...string) string {
		t.Helper()
		text, err := printed(t, exec.Command(tmux, append([]string{"-S", socket, "-f", "/dev/null"}, args...)...))
		require.NoError(t, err, args)
		return text
	}
	shows := func(pattern string) {
		t.Helper()
		screen := ""
		if !within(func() bool {
			screen = command("capture-pane", "-p")
			return regexp.MustCompile(pattern).MatchString(screen)
		}) {
			t.Fatalf("tmux never showed %q:\n%s", pattern, screen)
		}
	}
	trace, err := filepath.Abs(sampleTrace)
	require.NoError(t, err)
	command("new-session", "-d", "-x", "120", "-y", "36", "sh")
	defer command("kill-server")
	shows(`(?m)^[#$]`) // the shell reads
	command("send-keys", "echo before", "Enter", "simk trace xray "+trace, "Enter")
	shows(`lasts 12h; 66 objects at the start, 400 events`)
	command("send-keys", "2")
	shows(`OWNER +PODS`)
	command("send-keys", "q")
	shows(`(?m)^before$`)
	command("send-keys", "stty -a", "Enter")
	shows(`[^-]echo `)
	command("send-keys", "clear", "Enter", "simk replay "+trace+" --watch --speed 60", "Enter")
	shows(`speed 60`)
	command("send-keys", "Space")
	shows(`paused`)
	command("send-keys", "Space", "q")
	shows(`placements eebc42dc45bd`)
}

func TestTop(t *testing.T) {
	up, tmp, _ := command(t, "up", sampleTrace, "--speed", "60")
	require.NoError(t, up.Start())
	defer func() { _ = up.Process.Kill(); _ = up.Wait() }()
	v := openView(t, "top", "--socket", awaitSocket(t, tmp))
	v.await(`speed 60`)
	v.press(" ")
	v.await(`paused`)
	before := v.await(`events (\d+)/`)
	v.press("n")
	v.await(fmt.Sprintf(`events %d/`, atoi(before)+1))
	v.press("+ ")
	v.await(`speed 120`)
	v.press("q")
	code, _ := v.end()
	assert.Equal(t, exitOK, code)
}

func TestXray(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "trace.json")
	require.NoError(t, os.WriteFile(trace, []byte(`{"apiVersion":"simk.dev/v1","kind":"Trace","duration":"1h",
"objects":[{"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"},"status":{"allocatable":{"cpu":"4","memory":"8Gi","pods":"110"}}}],
"events":[{"at":"10s","apply":[{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"red"},"spec":{"containers":[{"name":"c","image":"i"}]}}]},
{"at":"20s","apply":[{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"worker","annotations":{"note":"\u001b[31mhot"}},"spec":{"containers":[{"name":"c","image":"i","envFrom":[{"configMapRef":{"name":"nowhere"}}]}]}}]},
{"at":"30s","delete":[{"apiVersion":"v1","kind":"Pod","namespace":"default","name":"worker"}]}]}`), 0o600))
	v := openView(t, "trace", "xray", trace)
	v.await(`lasts 1h; 1 objects at the start, 3 events`)
	v.await(`Pod +default +red`)
	v.press("/WORKER\r")
	v.await(`20s +apply +Pod +default +worker +E0`)
	v.press("\r")
	v.await(`30s +delete`)
	v.await(`name: nowhere`)
	v.await(`note: .*\[31mhot`) // shown, not obeyed
	v.escape()
	v.await(`/WORKER`)
	v.escape()
	v.press("3")
	v.await(`nowhere`)
	v.press("\r")
	v.await(`What to do`)
	v.escape()
	v.press("q")
	code, _ := v.end()
	assert.Equal(t, exitOK, code)
}

func atoi(text string) int {
	n := 0
	_, _ = fmt.Sscan(text, &n)
	return n
}
