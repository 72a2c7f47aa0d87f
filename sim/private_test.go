package sim

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckPrivate(t *testing.T) {
	dir, own := t.TempDir(), os.Geteuid()
	private := filepath.Join(dir, "private")
	if err := errors.Join(os.Mkdir(private, 0o700), os.Symlink(private, filepath.Join(dir, "link")), os.Symlink("nowhere", filepath.Join(dir, "dangling")),
		os.WriteFile(filepath.Join(dir, "file"), nil, 0o600), os.Mkdir(filepath.Join(dir, "open"), 0o700), os.Chmod(filepath.Join(dir, "open"), 0o710)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		uid  int
		want string // part of the error; empty: none
	}{
		{"private", own, ""},
		{"private", own + 1, "belongs to user"},
		{"link", own, "symbolic link"},
		{"dangling", own, "symbolic link"},
		{"file", own, "not a folder"},
		{"open", own, "open to other users (mode 0710"},
	} {
		err := checkPrivate(filepath.Join(dir, c.name), c.uid)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s for user %d: %v, want %q", c.name, c.uid, err, c.want)
		}
	}
	if err := checkPrivate(filepath.Join(dir, "none"), own); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

// Where others may exchange folders, no folder is safe.
func TestCheckParent(t *testing.T) {
	dir := t.TempDir()
	for mode, safe := range map[os.FileMode]bool{0o755: true, 0o777: false, 0o777 | os.ModeSticky: true} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		if err := checkParent(dir); (err == nil) != safe {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
}

// What clients look for is in XDG_RUNTIME_DIR if that can be trusted; what may be large
// never is.
func TestScratchPlaces(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	for _, c := range []struct {
		name string
		mode os.FileMode
		used bool
	}{{"private", 0o700, true}, {"readable", 0o755, false}, {"none", 0, false}} {
		runtime := filepath.Join(t.TempDir(), "run")
		t.Setenv("XDG_RUNTIME_DIR", runtime)
		if c.mode != 0 {
			if err := errors.Join(os.Mkdir(runtime, c.mode), os.Chmod(runtime, c.mode)); err != nil {
				t.Fatal(err)
			}
		}
		s, err := newScratch()
		if err != nil {
			t.Fatal(err)
		}
		if used := strings.HasPrefix(s.dir, runtime); used != c.used {
			t.Errorf("%s: clients look in %s", c.name, s.dir)
		}
		if !strings.HasPrefix(s.data, tmp) {
			t.Errorf("%s: the data is in %s, want it in %s", c.name, s.data, tmp)
		}
		if err := checkPrivate(s.data, os.Geteuid()); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if err := s.remove(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for _, dir := range []string{s.dir, s.data} {
			if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %s is left: %v", c.name, dir, err)
			}
		}
	}
}

// A killed run's folders go with the next run, both of them, and nothing that only
// looks like one.
func TestReap(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	runtime := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", runtime)
	if err := os.Chmod(runtime, 0o700); err != nil {
		t.Fatal(err)
	}
	killed, err := newScratch()
	if err != nil {
		t.Fatal(err)
	}
	precious := filepath.Join(t.TempDir(), "precious")
	foreign := filepath.Join(filepath.Dir(killed.dir), runPrefix+"1-1")
	linked := filepath.Join(filepath.Dir(killed.dir), runPrefix+"1-2")
	if err := errors.Join(killed.lock.Close(), os.MkdirAll(filepath.Join(killed.data, "etcd"), 0o700),
		os.Mkdir(precious, 0o700), os.Mkdir(foreign, 0o700), os.Symlink(precious, filepath.Join(foreign, dataName)),
		os.WriteFile(filepath.Join(precious, "file"), []byte("x"), 0o600),
		os.Mkdir(linked, 0o700), os.Symlink(filepath.Join(precious, "file"), filepath.Join(linked, lockName))); err != nil {
		t.Fatal(err)
	}
	next, err := newScratch()
	if err != nil {
		t.Fatal(err)
	}
	defer next.remove()
	for path, left := range map[string]bool{
		killed.dir: false, killed.data: false, foreign: false, linked: true, filepath.Join(precious, "file"): true, next.dir: true, next.data: true,
	} {
		if _, err := os.Lstat(path); (err == nil) != left {
			t.Errorf("%s: %v, want it there: %v", path, err, left)
		}
	}
	if abandoned(next.dir) || !abandoned(killed.dir) || abandoned(precious) {
		t.Error("abandoned folders are not told from others")
	}
}
