package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"simk.dev/simk/sim/live/socket"
)

// TestAttacks does what another user of the machine can do to the folder in which runs are
// found, which has a name that everybody knows. Each is refused in words that name the
// folder, by commands that start something and by those that look for it.
func TestAttacks(t *testing.T) {
	a := newAccount(t, ordinary)
	a.input(t, "trace.json")
	for _, attack := range []struct {
		name string
		// needsRoot: only root can play two users.
		needsRoot bool
		prepare   func(t *testing.T, tmp, place string)
		// harmless is a command that works even so.
		harmless string
	}{
		{"folder of a stranger", true, func(t *testing.T, _, place string) {
			must(t, os.Mkdir(place, 0o777), os.Chmod(place, 0o777), os.Chown(place, stranger, stranger))
		}, ""},
		{"private folder of a stranger", true, func(t *testing.T, _, place string) {
			must(t, os.Mkdir(place, 0o700), os.Chown(place, stranger, stranger))
		}, ""},
		{"link to a folder of a stranger", true, func(t *testing.T, tmp, place string) {
			trap := filepath.Join(tmp, "trap")
			must(t, os.Mkdir(trap, 0o777), os.Chmod(trap, 0o777), os.Chown(trap, stranger, stranger), os.Symlink(trap, place), os.Lchown(place, stranger, stranger))
		}, ""},
		{"link to a folder of the user's", false, func(t *testing.T, tmp, place string) {
			own := filepath.Join(tmp, "own")
			must(t, os.Mkdir(own, 0o700), os.Symlink(own, place))
			a.own(t, own)
		}, ""},
		{"link to nowhere", false, func(t *testing.T, tmp, place string) { must(t, os.Symlink(filepath.Join(tmp, "nowhere"), place)) }, ""},
		{"folder that others can enter", false, func(t *testing.T, _, place string) {
			must(t, os.Mkdir(place, 0o700), os.Chmod(place, 0o711))
			a.own(t, place)
		}, ""},
		{"file", false, func(t *testing.T, _, place string) {
			must(t, os.WriteFile(place, nil, 0o600))
			a.own(t, place)
		}, ""},
		{"folders can be exchanged", false, func(t *testing.T, tmp, place string) {
			must(t, os.Mkdir(place, 0o700), os.Chmod(tmp, 0o777))
			a.own(t, place)
		}, "replay"},
	} {
		t.Run(attack.name, func(t *testing.T) {
			if attack.needsRoot && os.Geteuid() != 0 {
				t.Skip("only root can play two users")
			}
			tmp := shared(t, a)
			place := a.place(tmp)
			attack.prepare(t, tmp, place)
			if attack.harmless != "" {
				if text, code := a.run(t, []string{"TMPDIR=" + tmp}, "simk", attack.harmless, "trace.json", "--duration", "1m"); code != exitOK {
					t.Errorf("%s: exit code %d: %s", attack.harmless, code, text)
				}
			}
			before := tree(t, tmp)
			for _, args := range [][]string{{"simk", "replay", "trace.json"}, {"simk", "up"}, {"simk", "ctl", "status"}, {"simk", "top"}} {
				if args[1] == attack.harmless {
					continue
				}
				text, code := a.run(t, []string{"TMPDIR=" + tmp}, args...)
				if code != exitInput || !strings.Contains(text, tmp) || !strings.Contains(text, "TMPDIR") {
					t.Errorf("%q: exit code %d: %s", args, code, text)
				}
			}
			if after := tree(t, tmp); after != before {
				t.Errorf("there was\n%s\nand is\n%s", before, after)
			}
		})
	}
}

// What a stranger prepares is not used where there is a folder that he cannot enter.
func TestRuntimeDir(t *testing.T) {
	a := newAccount(t, ordinary)
	tmp, runtime := shared(t, a), filepath.Join(a.home, "run")
	must(t, os.Mkdir(runtime, 0o700), os.Mkdir(a.place(tmp), 0o777), os.Chmod(a.place(tmp), 0o777))
	a.own(t, runtime)
	text, code := a.run(t, []string{"TMPDIR=" + tmp, "XDG_RUNTIME_DIR=" + runtime}, "simk", "ctl", "status")
	if code != exitInput || !strings.Contains(text, a.place(tmp)) {
		t.Errorf("looking for a cluster: exit code %d: %s", code, text)
	}
	before := tree(t, a.place(tmp))
	if text, code := a.run(t, []string{"TMPDIR=" + tmp, "XDG_RUNTIME_DIR=" + runtime}, "simk", "replay", writable(t, a, empty(t))); code != exitOK {
		t.Errorf("exit code %d: %s", code, text)
	}
	if after := tree(t, a.place(tmp)); after != before {
		t.Errorf("there was\n%s\nand is\n%s", before, after)
	}
	// It is not believed for its name: one of a stranger's, or one that others can enter.
	must(t, os.Chmod(runtime, 0o755))
	if text, code := a.run(t, []string{"TMPDIR=" + tmp, "XDG_RUNTIME_DIR=" + runtime}, "simk", "replay", "empty.json"); code != exitInput {
		t.Errorf("a runtime folder that others can enter: exit code %d: %s", code, text)
	}
}

// A lock that somebody holds keeps no run waiting, and one that is a link harms nobody.
func TestHeldLock(t *testing.T) {
	a := newAccount(t, ordinary)
	place, precious := a.place(a.tmp), filepath.Join(a.work, "precious")
	run := filepath.Join(place, "run-1-1")
	must(t, os.Mkdir(place, 0o700), os.Mkdir(run, 0o700), os.WriteFile(precious, []byte("precious"), 0o600), os.Symlink(precious, filepath.Join(run, "lock")))
	a.own(t, place, run, precious)
	held, err := os.Create(filepath.Join(place, "lock"))
	must(t, err, syscall.Flock(int(held.Fd()), syscall.LOCK_EX))
	defer held.Close()
	a.own(t, held.Name())
	a.mustRun(t, "simk", "replay", writable(t, a, empty(t)))
	if b, err := os.ReadFile(precious); err != nil || string(b) != "precious" {
		t.Errorf("%q, %v", b, err)
	}
}

// A cluster of a stranger's is not spoken to, even where its socket is open to all.
func TestStrangersSocket(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can play two users")
	}
	a, other := newAccount(t, ordinary), newAccount(t, stranger)
	cluster := other.command(t, filepath.Join(t.TempDir(), "up.log"), "simk", "up")
	must(t, cluster.Start())
	defer func() {
		_ = cluster.Process.Kill()
		_ = cluster.Wait()
	}()
	theirs := awaitSocket(t, other.tmp)
	must(t, os.Chmod(other.place(other.tmp), 0o755), os.Chmod(filepath.Dir(theirs), 0o755), os.Chmod(theirs, 0o777))
	link := filepath.Join(a.work, socket.FileName)
	must(t, os.Symlink(theirs, link))
	for _, args := range [][]string{{"simk", "ctl", "status", "--socket", theirs}, {"simk", "ctl", "pause", "--socket", link}, {"simk", "top", "--socket", theirs}} {
		if text, code := a.run(t, nil, args...); code == exitOK || !strings.Contains(text, "user 54322 listens on") {
			t.Errorf("%q: exit code %d: %s", args, code, text)
		}
	}
	if text := other.mustRun(t, "simk", "ctl", "status", "--socket", theirs); strings.Contains(text, "paused") {
		t.Errorf("a stranger paused it: %s", text)
	}
}

// Through a link that a stranger put where everybody may, no file of the user's is replaced.
func TestLinkOfAStranger(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can play two users")
	}
	a := newAccount(t, ordinary)
	a.input(t, "trace.json")
	tmp := shared(t, a)
	a.mustRun(t, "simk", "trace", "edit", "trace.json", "--to", "1h", "-O", "mine.json")
	mine, link := filepath.Join(a.work, "mine.json"), filepath.Join(tmp, "out.json")
	before, err := os.ReadFile(mine)
	must(t, err, os.Symlink(mine, link), os.Lchown(link, stranger, stranger))
	if text, code := a.run(t, nil, "simk", "trace", "edit", "trace.json", "--to", "2h", "-O", link); code != exitInput || !strings.Contains(text, link) {
		t.Errorf("exit code %d: %s", code, text)
	}
	if after, err := os.ReadFile(mine); err != nil || string(after) != string(before) {
		t.Errorf("the file it leads to was replaced (%v)", err)
	}
	must(t, os.Lchown(link, a.uid, a.uid))
	a.mustRun(t, "simk", "trace", "edit", "trace.json", "--to", "2h", "-O", link)
}

// shared is a folder for temporary files of everybody.
func shared(t *testing.T, a *account) string {
	t.Helper()
	tmp, err := os.MkdirTemp(a.home, "shared-")
	must(t, err, os.Chmod(tmp, 0o777|os.ModeSticky))
	return tmp
}

// writable is a trace in the account's work folder.
func writable(t *testing.T, a *account, path string) string {
	t.Helper()
	copyFile(t, path, filepath.Join(a.work, filepath.Base(path)), 0o644)
	return filepath.Base(path)
}

// tree lists what is below a folder, with owners and modes.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	must(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			all.WriteString(strings.Join([]string{path, info.Mode().String(), info.ModTime().String()}, " ") + "\n")
		}
		return err
	}))
	return all.String()
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}
