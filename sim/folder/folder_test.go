package folder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// The content of the tests: of a.csv, b.csv and last.json the old one has all, the new one
// has c.csv in the place of b.csv. A hidden file of the user's is kept, and what is in a folder.
var content = Content{Replaces: func(name string) bool { return !strings.HasPrefix(name, ".") }, Last: "last.json"}

var (
	kept      = map[string]string{".gitignore": "*"}
	keptToo   = map[string]string{".gitignore": "*", ".git/HEAD": "main"}
	oldReport = map[string]string{"a.csv": "old a", "b.csv": "old b", "last.json": "old last"}
	newReport = map[string]string{"a.csv": "new a", "c.csv": "new c", "last.json": "new last"}
)

// ways are the ways in which a folder can be replaced.
var ways = map[string]func(){
	"exchange": func() {},
	"two renames": func() {
		swapped = func(string, string) error { return errors.ErrUnsupported }
	},
	"within": func() {
		mounted = func(string) bool { return true }
	},
	"within after all": func() {
		swapped = func(string, string) error { return syscall.EBUSY }
	},
}

func TestMain(m *testing.M) {
	if dir := os.Getenv("SIMK_TEST_FOLDER"); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

// child replaces a folder in a way, and kills itself before a step, or lets it fail.
func child(dir string) {
	ways[os.Getenv("SIMK_TEST_WAY")]()
	at, err := strconv.Atoi(os.Getenv("SIMK_TEST_STEP"))
	if err != nil {
		panic(err)
	}
	step := 0
	before = func(what string) error {
		if step++; step != at {
			return nil
		}
		fmt.Println("step:", what)
		if os.Getenv("SIMK_TEST_FULL") != "" {
			return syscall.ENOSPC
		}
		return syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	if err := Replace(dir, content, writeNew); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

func writeNew(stage string) error {
	for _, name := range slices.Sorted(maps.Keys(newReport)) {
		if err := before("write " + name); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(stage, name), []byte(newReport[name]), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// TestKilledAtEachStep ends a replacement before each of its steps, and has each of them
// fail: what is left is the old content or the new one, the user's own files are there,
// and the next run leaves nothing behind.
func TestKilledAtEachStep(t *testing.T) {
	for way := range ways {
		for _, full := range []string{"", "1"} {
			for step := 1; ; step++ {
				dir := filepath.Join(t.TempDir(), "results")
				own := kept
				if way == "within" {
					own = keptToo
				}
				fill(t, dir, oldReport, own)
				cmd := exec.Command(os.Args[0])
				cmd.Env = append(os.Environ(), "SIMK_TEST_FOLDER="+dir, "SIMK_TEST_WAY="+way, "SIMK_TEST_FULL="+full, "SIMK_TEST_STEP="+strconv.Itoa(step))
				said, err := cmd.CombinedOutput()
				if t.Logf("%s, full=%s, step %d: %v %s", way, full, step, err, said); len(said) == 0 && err == nil {
					if step < 12 {
						t.Errorf("%s has %d steps only", way, step-1)
					}
					wantContent(t, dir, newReport, own)
					break
				}
				raw(t, way, dir)
				if err := Recover(dir); err != nil {
					t.Fatal(err)
				}
				wantContent(t, dir, nil, own)
				if err := Prepare(dir); err != nil {
					t.Fatal(err)
				}
				wantNothingElse(t, dir)
				if err := Replace(dir, content, writeNew); err != nil {
					t.Fatal(err)
				}
				wantContent(t, dir, newReport, own)
				wantNothingElse(t, dir)
			}
		}
	}
}

// raw is what a program sees that does not recover: never some of both with the last file.
func raw(t *testing.T, way, dir string) {
	t.Helper()
	got := contentOf(t, dir)
	_, complete := got["last.json"]
	whole := maps.Equal(got, oldReport) || maps.Equal(got, newReport)
	switch {
	case whole:
	case way == "two renames" && len(got) == 0: // between the two
	case strings.HasPrefix(way, "within") && !complete:
	default:
		t.Errorf("%s: %v", way, got)
	}
}

// Whoever stands in the folder still does.
func TestCurrentDirectory(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, oldReport, kept)
	t.Chdir(dir)
	before := inode(t, dir)
	if err := Replace(".", content, writeNew); err != nil {
		t.Fatal(err)
	}
	wantContent(t, ".", newReport, kept)
	if inode(t, dir) != before {
		t.Error("it is another folder")
	}
}

// A folder in one that cannot be written to is replaced within; one that cannot itself is refused
// before anything is made.
func TestNotWritable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	parent := t.TempDir()
	dir := filepath.Join(parent, "results")
	fill(t, dir, oldReport, kept)
	t.Cleanup(func() { _ = errors.Join(os.Chmod(parent, 0o755), os.Chmod(dir, 0o755)) })
	if err := os.Chmod(parent, 0o555); err != nil {
		t.Fatal(err)
	}
	if err := Replace(dir, content, writeNew); err != nil {
		t.Fatal(err)
	}
	wantContent(t, dir, newReport, kept)
	wantNothingElse(t, dir)
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	if err := Prepare(dir); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v", err)
	}
}

// A link still leads to the folder, whose mode stays.
func TestLink(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "there")
	fill(t, dir, oldReport)
	if err := os.Chmod(dir, 0o2750); err != nil {
		t.Fatal(err)
	}
	mode, link := modeOf(t, dir), filepath.Join(t.TempDir(), "here")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := Replace(link, content, writeNew); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(link); to != dir {
		t.Errorf("the link leads to %q: %v", to, err)
	}
	wantContent(t, dir, newReport, nil)
	if got := modeOf(t, dir); got != mode {
		t.Errorf("mode %v, want %v", got, mode)
	}
}

// An error of who writes leaves all as it was.
func TestWriteFails(t *testing.T) {
	for way, set := range ways {
		t.Run(way, func(t *testing.T) {
			t.Cleanup(func() { swapped, mounted = swap, isMount })
			set()
			dir := filepath.Join(t.TempDir(), "results")
			fill(t, dir, oldReport, kept)
			err := Replace(dir, content, func(stage string) error {
				return errors.Join(writeNew(stage), io.ErrShortWrite)
			})
			if !errors.Is(err, io.ErrShortWrite) {
				t.Errorf("got %v", err)
			}
			wantContent(t, dir, oldReport, kept)
			wantNothingElse(t, dir)
		})
	}
}

// A stage that another process works in stays, one that others planted too.
func TestLeftoversOfOthers(t *testing.T) {
	parent := t.TempDir()
	dir, used, linked := filepath.Join(parent, "results"), filepath.Join(parent, ".results.simk-1"), filepath.Join(parent, ".results.simk-2")
	fill(t, used, newReport)
	fill(t, filepath.Join(parent, "valuable"), newReport)
	if err := os.Symlink("valuable", linked); err != nil {
		t.Fatal(err)
	}
	lock, err := lockDir(used)
	if err != nil {
		t.Fatal(err)
	}
	if err := Prepare(dir); err != nil {
		t.Fatal(err)
	}
	wantContent(t, used, newReport, nil)
	wantContent(t, linked, newReport, nil)
	lock.Close()
	if err := Prepare(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(used); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the abandoned one is still there: %v", err)
	}
	wantContent(t, linked, newReport, nil)
}

// A journal that somebody wrote cannot lead out of the folder.
func TestForgedJournal(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "results")
	fill(t, dir, map[string]string{
		filepath.Join(commitName, journalName): `{"remove":["../valuable"],"last":"last.json"}`,
	})
	fill(t, filepath.Join(parent, "valuable"), newReport)
	if err := Recover(dir); err == nil || !strings.Contains(err.Error(), "no entry of the folder") {
		t.Errorf("got %v", err)
	}
	wantContent(t, filepath.Join(parent, "valuable"), newReport, nil)
}

func fill(t *testing.T, dir string, files ...map[string]string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, some := range files {
		for name, text := range some {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// contentOf are the files in a folder that are no hidden ones.
func contentOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		found[e.Name()] = string(text)
	}
	return found
}

// wantContent checks that a folder has that content (nil: the old or the new one) and the
// user's own files.
func wantContent(t *testing.T, dir string, want, own map[string]string) {
	t.Helper()
	got := contentOf(t, dir)
	ok := maps.Equal(got, want)
	if want == nil {
		ok = maps.Equal(got, oldReport) || maps.Equal(got, newReport)
	}
	if !ok {
		t.Errorf("got %v", got)
	}
	for name, text := range own {
		if got, err := os.ReadFile(filepath.Join(dir, name)); string(got) != text {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// wantNothingElse checks that no stage is in a folder or beside it.
func wantNothingElse(t *testing.T, dir string) {
	t.Helper()
	for _, place := range []string{dir, filepath.Dir(dir)} {
		entries, err := os.ReadDir(place)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.Contains(e.Name(), mark) {
				t.Errorf("%s is left in %s", e.Name(), place)
			}
		}
	}
}

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

func inode(t *testing.T, path string) uint64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Ino
}
