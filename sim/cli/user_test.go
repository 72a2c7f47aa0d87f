package cli

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Users that tests run as root run simk as; no machine has them.
const (
	ordinary = 54321
	stranger = 54322
)

// account is an ordinary user on this machine, with simk and some folders: as root another
// user than the test's own, otherwise that.
type account struct {
	uid int
	// home holds all that follows; the user owns it.
	home, work, tmp string
	// bin holds simk and kubectl, which are this test.
	bin string
	env []string
}

// newAccount makes an ordinary user; uid matters to root alone.
func newAccount(t *testing.T, uid int) *account {
	t.Helper()
	// Not t.TempDir, into which nobody else can go.
	home, err := os.MkdirTemp("", "simk-user-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	a := &account{uid: os.Geteuid(), home: home, work: filepath.Join(home, "work"), tmp: filepath.Join(home, "tmp"), bin: filepath.Join(home, "bin")}
	if a.uid == 0 {
		a.uid = uid
	}
	if err := os.Chmod(home, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{a.work, a.tmp, a.bin} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	a.own(t, a.work, a.tmp)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"simk", "kubectl"} {
		copyFile(t, program, filepath.Join(a.bin, name), 0o755)
	}
	// No HOME, no XDG_RUNTIME_DIR, nothing of the test's own environment.
	a.env = []string{"PATH=" + a.bin + ":" + os.Getenv("PATH"), "TMPDIR=" + a.tmp, "KUBECACHEDIR=" + a.tmp}
	return a
}

// own gives files to the account.
func (a *account) own(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if os.Geteuid() == 0 {
			if err := os.Lchown(path, a.uid, a.uid); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// credential makes a process the account's.
func (a *account) credential() *syscall.SysProcAttr {
	if os.Geteuid() != 0 {
		return nil
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.uid)}}
}

// command is a program of the account's, in its work folder, with what it prints in a
// file there is a name for.
func (a *account) command(t *testing.T, output string, args ...string) *exec.Cmd {
	t.Helper()
	program := filepath.Join(a.bin, args[0])
	if strings.Contains(args[0], "/") {
		program = args[0]
	}
	out, err := os.Create(output)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	cmd := &exec.Cmd{Path: program, Args: args, Dir: a.work, Env: slices.Clone(a.env), Stdout: out, Stderr: out, SysProcAttr: a.credential()}
	return cmd
}

// run runs a program of the account's to its end, and returns what it printed and its
// exit code.
func (a *account) run(t *testing.T, env []string, args ...string) (string, int) {
	t.Helper()
	output := filepath.Join(t.TempDir(), "output")
	cmd := a.command(t, output, args...)
	cmd.Env = append(cmd.Env, env...)
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	text, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// mustRun is run for what succeeds.
func (a *account) mustRun(t *testing.T, args ...string) string {
	t.Helper()
	text, code := a.run(t, nil, args...)
	if code != exitOK {
		t.Fatalf("%q: exit code %d\n%s", args, code, text)
	}
	return text
}

// place is where the account's runs are in a folder for temporary files.
func (a *account) place(tmp string) string { return filepath.Join(tmp, "simk-"+strconv.Itoa(a.uid)) }

func copyFile(t *testing.T, from, to string, mode os.FileMode) {
	t.Helper()
	if os.Link(from, to) == nil && os.Chmod(to, mode) == nil {
		return
	}
	_ = os.Remove(to)
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, mode)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// input copies a file of testdata into the account's work folder.
func (a *account) input(t *testing.T, name string) {
	t.Helper()
	copyFile(t, filepath.Join("../../testdata", name), filepath.Join(a.work, filepath.Base(name)), 0o644)
}
