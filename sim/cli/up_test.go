package cli

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"

	"simk.dev/simk/sim/clock"
	soak "simk.dev/simk/sim/soak/run"
)

// runKubectl is the real kubectl, in the test's own binary.
func runKubectl() {
	clock.Live(context.Background())
	os.Exit(cli.Run(kubectl.NewDefaultKubectlCommand()))
}

// runSoak is the program soak, in the test's own binary. It lives in wall-clock time.
func runSoak() {
	clock.Live(context.Background())
	os.Exit(soak.Main(os.Args[1:], os.Stdout, os.Stderr))
}

// upCommand starts `simk up` with a story's arguments and returns when clients can
// come; KUBECONFIG leads them there. It ends with the story, or with down.
//
//	up [ARG...]
func upCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("up cannot be negated: use exec")
	}
	kubeconfig := ts.Getenv("KUBECONFIG")
	output, err := os.Create(ts.MkAbs("up.log"))
	ts.Check(err)
	cmd := exec.Command("simk", append([]string{"up", "--kubeconfig", kubeconfig}, args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.MkAbs("."), output, output
	cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR=", "TMPDIR="+ts.Getenv("TMPDIR"))
	ts.Check(cmd.Start()) // not waited for: that would hold the only processor
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	upProcess = cmd
	if !within(func() bool { _, err := os.Stat(kubeconfig); return err == nil }) {
		log, _ := os.ReadFile(output.Name())
		ts.Fatalf("the cluster did not come up: %s", log)
	}
}

// startCommand starts a program and goes on; finish ends it. One runs at a time.
//
//	start PROGRAM [ARG...]
func startCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: start PROGRAM [ARG...]")
	}
	output, err := os.Create(ts.MkAbs("start.log"))
	ts.Check(err)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.MkAbs("."), output, output
	cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR=", "TMPDIR="+ts.Getenv("TMPDIR"), "KUBECONFIG="+ts.Getenv("KUBECONFIG"))
	ts.Check(cmd.Start()) // not waited for: that would hold the only processor
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	startedProcess = cmd
}

// finishCommand interrupts what start started, or kills it, and waits for its end;
// its output is then in start.log.
//
//	finish [-KILL]
func finishCommand(ts *testscript.TestScript, neg bool, args []string) {
	signal := os.Interrupt
	if len(args) > 0 && args[0] == "-KILL" {
		signal = os.Kill
	}
	ts.Check(startedProcess.Process.Signal(signal))
	err := startedProcess.Wait()
	if neg == (err == nil) {
		log, _ := os.ReadFile(ts.MkAbs("start.log"))
		ts.Fatalf("it ended with %v: %s", err, log)
	}
}

// awaitCommand waits, in wall time, until a file, or one of those in a folder,
// holds a text: other processes see things a little later than who did them.
//
//	await FILE TEXT
func awaitCommand(ts *testscript.TestScript, _ bool, args []string) {
	if !within(func() bool {
		files, _ := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*"))
		return slices.ContainsFunc(append(files, ts.MkAbs(args[0])), func(file string) bool {
			b, err := os.ReadFile(file)
			return err == nil && strings.Contains(string(b), args[1])
		})
	}) {
		ts.Fatalf("%s never held %q", args[0], args[1])
	}
}

// startedProcess is what start started last.
var startedProcess *exec.Cmd

// upProcess is the cluster of the story that runs; stories run one at a time.
var upProcess *exec.Cmd

// downCommand interrupts the cluster and waits for its end; its output is then in up.log.
func downCommand(ts *testscript.TestScript, neg bool, _ []string) {
	ts.Check(upProcess.Process.Signal(os.Interrupt))
	err := upProcess.Wait()
	if neg == (err == nil) {
		ts.Fatalf("the cluster ended with %v", err)
	}
}

// A cluster that was killed leaves nothing that the next command does not remove.
func TestKilledUp(t *testing.T) {
	cmd, tmp, _ := command(t, "up")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	awaitSocket(t, tmp)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	next, _, stderr := command(t, "ctl", "status")
	next.Env = cmd.Env
	if err := next.Run(); err == nil || !strings.Contains(stderr.String(), "no cluster runs") {
		t.Errorf("ctl after the cluster was killed: %v, %s", err, stderr)
	}
	if left := scratchFolders(t, tmp); len(left) != 0 {
		t.Errorf("ctl left %v", left)
	}
}
