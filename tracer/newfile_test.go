package tracer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func writeText(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// A file keeps its mode when it is replaced, but a secret is one afterwards; one that may not
// be written to is not replaced.
func TestWriteWholeModes(t *testing.T) {
	for _, test := range []struct{ is, mode, want fs.FileMode }{
		{0o640, 0o666, 0o640}, {0o755, 0o666, 0o755}, {0o644, 0o600, 0o600},
	} {
		path := write(t, "file", []byte("former"))
		if err := os.Chmod(path, test.is); err != nil {
			t.Fatal(err)
		}
		if err := WriteWhole(path, test.mode, writeText("new")); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != test.want {
			t.Errorf("%o written with %o: %o, want %o", test.is, test.mode, info.Mode(), test.want)
		}
		wantText(t, path, "new")
		onlyFile(t, path)
	}
	path := write(t, "file", []byte("former"))
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	if err := WriteWhole(path, 0o666, writeText("new")); os.Geteuid() != 0 && !errors.Is(err, fs.ErrPermission) {
		t.Errorf("a file that may not be written to: %v", err)
	}
}

// Links are written through, also one to a file that is not there yet and links to links.
func TestWriteWholeLinks(t *testing.T) {
	dir := t.TempDir()
	for _, link := range [][2]string{{"there/file", "a"}, {"a", "b"}, {filepath.Join(dir, "b"), "c"}, {"d", "d"}} {
		if err := os.Symlink(link[0], filepath.Join(dir, link[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "there"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"first", "second"} {
		if err := WriteWhole(filepath.Join(dir, "c"), 0o666, writeText(text)); err != nil {
			t.Fatal(err)
		}
		wantText(t, filepath.Join(dir, "there", "file"), text)
	}
	if to, err := os.Readlink(filepath.Join(dir, "c")); to != filepath.Join(dir, "b") {
		t.Errorf("the link leads to %q: %v", to, err)
	}
	if err := WriteWhole(filepath.Join(dir, "d"), 0o666, writeText("new")); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("a link to itself: %v", err)
	}
	if err := WriteWhole(dir, 0o666, writeText("new")); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("a folder: %v", err)
	}
}

// What is no file is written as it comes, and a pipe that nobody reads is refused, not waited for.
func TestWriteWholeStreams(t *testing.T) {
	if err := WriteWhole(os.DevNull, 0o666, writeText("new")); err != nil {
		t.Error(err)
	}
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteWhole(path, 0o666, writeText("new")); err == nil || !strings.Contains(err.Error(), "nobody reads") {
		t.Errorf("got %v", err)
	}
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(fd) }()
	if err := WriteWhole(path, 0o666, writeText("new")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 10)
	if n, err := syscall.Read(fd, got); string(got[:max(n, 0)]) != "new" {
		t.Errorf("got %q, %v", got, err)
	}
	onlyFile(t, path)
}

// A descriptor that is a file is written on, not replaced: others write to it too.
func TestWriteWholeDescriptor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, part := range []func() error{
		func() error { return writeText("before ")(f) },
		func() error { return WriteWhole(descriptor(f), 0o666, writeText("new ")) },
		func() error { return writeText("after")(f) },
	} {
		if err := part(); err != nil {
			t.Fatal(err)
		}
	}
	wantText(t, path, "before new after")
	onlyFile(t, path)
}

func descriptor(f *os.File) string { return fmt.Sprintf("/dev/fd/%d", f.Fd()) }

func wantText(t *testing.T, path, want string) {
	t.Helper()
	if text, err := os.ReadFile(path); string(text) != want {
		t.Errorf("%s holds %q, want %q: %v", path, text, want, err)
	}
}
