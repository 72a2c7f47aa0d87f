package folder

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A file system that gets full at any byte leaves the old content.
func TestFullFileSystem(t *testing.T) {
	mount := t.TempDir()
	if err := syscall.Mount("simk", mount, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(mount, syscall.MNT_DETACH) })
	for _, way := range []string{"exchange", "within"} {
		dir := filepath.Join(mount, way)
		own := map[string]string{}
		if way == "within" {
			own[".git/HEAD"] = "main"
		}
		fill(t, dir, oldReport, own)
		failed := 0
		for size := 256 << 10; size > 0; size -= 8 << 10 {
			err := Replace(dir, content, func(stage string) error {
				if err := os.WriteFile(filepath.Join(stage, "filler"), make([]byte, size), 0o666); err != nil {
					return err
				}
				return writeNew(stage)
			})
			if err == nil {
				break
			}
			if failed++; !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			wantContent(t, dir, oldReport, own)
			wantNothingElse(t, dir)
		}
		if failed == 0 {
			t.Error("nothing was ever full")
		}
		if got := contentOf(t, dir); got["last.json"] != "new last" {
			t.Errorf("in the end: %q", got["last.json"])
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMountPoint(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	fill(t, dir)
	if err := syscall.Mount("simk", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	fill(t, dir, oldReport)
	if err := Replace(dir, content, writeNew); err != nil {
		t.Fatal(err)
	}
	wantContent(t, dir, newReport, nil)
	wantNothingElse(t, dir)
}
