package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/control"
)

// TestNoSockets looks, from outside, at what the program asks the kernel for over a trace
// whose objects name others to call: a replay opens no socket at all, a live cluster
// listens and connects to nobody.
func TestNoSockets(t *testing.T) {
	if !clock.Virtual {
		t.Skip("in wall-clock time the guard does not see all")
	}
	if err := exec.Command("strace", "-f", "--seccomp-bpf", "-o", os.DevNull, "true").Run(); err != nil {
		t.Skipf("needs strace and the right to trace: %v", err)
	}
	const trace = "../../testdata/network.json"
	for name, args := range map[string][]string{
		"replay":      {"replay", trace},
		"paced":       {"replay", trace, "--speed", "100"},
		"a long day":  {"replay", trace, "--duration", "30h"}, // what is done once a day
		"explained":   {"replay", trace, "--out", filepath.Join(t.TempDir(), "out"), "--explain", "all", "--endpoint-slices"},
		"autoscaling": {"replay", "../../testdata/trace.json", "--duration", "1h", "--autoscaler", "../../testdata/autoscaler.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd, calls, stderr := traced(t, args...)
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v\n%s", err, stderr())
			}
			for _, call := range calls() {
				t.Error(call)
			}
		})
	}
	t.Run("up", func(t *testing.T) {
		cmd, calls, stderr := traced(t, "up", trace)
		tmp := t.TempDir()
		cmd.Env = append(cmd.Env, "TMPDIR="+tmp)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = cmd.Process.Kill() }()
		awaitSocket(t, tmp)
		ctl := func(args ...string) []byte {
			c := exec.Command("simk", append([]string{"ctl"}, args...)...)
			c.Env = append(os.Environ(), "TMPDIR="+tmp)
			out, err := c.Output()
			if err != nil {
				t.Fatalf("ctl %v: %v", args, err)
			}
			return out
		}
		ctl("until", "+10m")
		var status control.Status
		if err := json.Unmarshal(ctl("status", "-o", "json"), &status); err != nil {
			t.Fatal(err)
		}
		// Not to strace, which would not pass it on.
		if err := syscall.Kill(status.Process, syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		listens := 0
		for _, call := range calls() {
			switch {
			case ownListener.MatchString(call):
				listens++
			case probe.MatchString(call):
			default:
				t.Errorf("%s\n%s", call, stderr())
			}
		}
		if listens != 2 {
			t.Errorf("it listens at %d addresses, want 2", listens)
		}
	})
}

var (
	// ownListener is the API's or the commands'.
	ownListener = regexp.MustCompile(`bind\(\d+, \{sa_family=(AF_INET, .*"127\.0\.0\.1"|AF_UNIX, sun_path=".*/control\.sock")`)
	// probe is a stream socket that is not connected: package net looks which families
	// the machine has before it listens.
	probe = regexp.MustCompile(`socket\(AF_\w+, SOCK_STREAM|bind\(\d+, \{sa_family=AF_INET6, .*"(::1|::ffff:127\.0\.0\.1)"`)
)

// traced is simk under strace, with a private temporary folder. calls returns what had to
// do with sockets, afterwards.
func traced(t *testing.T, args ...string) (cmd *exec.Cmd, calls func() []string, stderr func() string) {
	t.Helper()
	simk, err := exec.LookPath("simk")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "calls")
	wanted := "--trace=socket,socketpair,connect,bind,sendto,sendmsg,sendmmsg"
	cmd, _, buffer := command(t, args...)
	cmd.Path, err = exec.LookPath("strace")
	if err != nil {
		t.Fatal(err)
	}
	// A supervisor's socket is one that upstream would tell of its start.
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+filepath.Join(t.TempDir(), "notify"), "HTTPS_PROXY=http://127.0.0.1:9")
	cmd.Args = append([]string{"strace", "-f", "--seccomp-bpf", "-qq", "--signal=none", wanted, "-o", file, simk}, args...)
	return cmd, func() []string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, line := range strings.Split(string(text), "\n") {
			if strings.Contains(line, "(") && !strings.Contains(line, "resumed>") {
				lines = append(lines, line)
			}
		}
		return lines
	}, buffer.String
}
