package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/live/socket"
)

func init() { commands["socketless"] = runSocketless }

// runSocketless runs a program that the kernel ends at its first socket.
func runSocketless() {
	fail := func(err error) {
		fmt.Fprintln(os.Stderr, "socketless:", err)
		os.Exit(exitRun)
	}
	program, err := exec.LookPath(os.Args[1])
	if err != nil {
		fail(err)
	}
	filter, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 0, Size: 4}, // the number of the system call, in struct seccomp_data
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_SOCKET, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_SOCKETPAIR, SkipTrue: 1},
		bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW},
		bpf.RetConstant{Val: unix.SECCOMP_RET_KILL_PROCESS},
	})
	if err != nil {
		fail(err)
	}
	rules := unix.SockFprog{Len: uint16(len(filter)), Filter: (*unix.SockFilter)(unsafe.Pointer(&filter[0]))}
	runtime.LockOSThread() // the filter is the thread's, until it is the new program
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		fail(err)
	}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&rules)), 0, 0); err != nil {
		fail(err)
	}
	fail(syscall.Exec(program, os.Args[1:], os.Environ()))
}

// TestNoSockets replays traces whose objects name others to call, where the kernel forbids
// sockets: a replay opens none at all.
func TestNoSockets(t *testing.T) {
	if !clock.Virtual {
		t.Skip("in wall-clock time the guard does not see all")
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
			cmd, stderr := socketless(t, args...)
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v\n%s", err, stderr)
			}
		})
	}
	t.Run("the filter filters", func(t *testing.T) {
		cmd, stderr := socketless(t, "up")
		if err := cmd.Run(); err == nil || !strings.Contains(err.Error(), syscall.SIGSYS.String()) {
			t.Errorf("a cluster that listens: %v\n%s", err, stderr)
		}
	})
}

// socketless is a run of simk where the kernel forbids sockets, with a private temporary folder.
func socketless(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd, _, stderr := command(t, args...)
	var err error
	if cmd.Path, err = exec.LookPath("socketless"); err != nil {
		t.Fatal(err)
	}
	cmd.Args = append([]string{"socketless", "simk"}, args...)
	tempt(t, cmd)
	return cmd, stderr
}

// TestSocketsOfUp lists what a live cluster asks the kernel for: it listens, and connects to
// nobody but the one webhook of the trace that is on loopback.
func TestSocketsOfUp(t *testing.T) {
	if !clock.Virtual {
		t.Skip("in wall-clock time the guard does not see all")
	}
	if err := exec.Command("strace", "-f", "--seccomp-bpf", "-o", os.DevNull, "true").Run(); err != nil {
		t.Skipf("needs strace and the right to trace: %v", err)
	}
	const trace = "../../testdata/network.json"
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
	var status socket.Status
	if err := json.Unmarshal(ctl("status", "-o", "json"), &status); err != nil {
		t.Fatal(err)
	}
	// Not to strace, which would not pass it on.
	if err := syscall.Kill(status.Process, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	listens, hooks := 0, 0
	for _, call := range calls() {
		switch {
		case ownListener.MatchString(call):
			listens++
		case loopbackHook.MatchString(call):
			hooks++
		case probe.MatchString(call):
		default:
			t.Errorf("%s\n%s", call, stderr())
		}
	}
	if listens != 2 || hooks == 0 {
		t.Errorf("it listens at %d addresses, want 2, and calls a webhook %d times", listens, hooks)
	}
}

// tempt gives a command's process reasons to call somebody: a supervisor's socket, which
// upstream would tell of its start, and a proxy.
func tempt(t *testing.T, cmd *exec.Cmd) {
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+filepath.Join(t.TempDir(), "notify"), "HTTPS_PROXY=http://127.0.0.1:9")
}

var (
	// ownListener is the API's or the commands'.
	ownListener = regexp.MustCompile(`bind\(\d+, \{sa_family=(AF_INET, .*"127\.0\.0\.1"|AF_UNIX, sun_path=".*/control\.sock")`)
	// loopbackHook is the one that converts Backups.
	loopbackHook = regexp.MustCompile(`connect\(\d+, \{sa_family=AF_INET, sin_port=htons\(4443\), sin_addr=inet_addr\("127\.0\.0\.1"\)\}`)
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
	tempt(t, cmd)
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
