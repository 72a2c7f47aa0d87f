package sim

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// What a run keeps for its user alone (the kubeconfig of a live cluster, its control
// socket) is found by name, so that others must not be able to put theirs there: a
// kubeconfig names commands that kubectl runs. These are the two places:
//
//   - XDG_RUNTIME_DIR/simk, if that is as the XDG base directory specification wants it.
//     What is large is not kept there, since it may be in memory: see scratch.data.
//   - simk-UID in the folder for temporary files, where everybody may make folders.

// runtimePlace is the place below XDG_RUNTIME_DIR; empty: there is none that can be trusted.
func runtimePlace() string {
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if !filepath.IsAbs(dir) || checkPrivate(dir, os.Geteuid()) != nil {
		return "" // after su it is often that of another user
	}
	return filepath.Join(dir, "simk")
}

// temporaryPlace is the place in the folder for temporary files.
func temporaryPlace() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("simk-%d", os.Geteuid()))
}

// places are where runs may be found, the one for new ones first.
func places() []string {
	if dir := runtimePlace(); dir != "" {
		return []string{dir, temporaryPlace()}
	}
	return []string{temporaryPlace()}
}

// makePlace makes a place, or accepts the one that is there if only this user can
// enter it.
func makePlace(dir string) error {
	made := os.MkdirAll(dir, 0o700)
	err := checkPrivate(dir, os.Geteuid())
	if errors.Is(err, fs.ErrNotExist) && made != nil {
		return made
	}
	if errors.As(err, new(*fs.PathError)) {
		return err // not distrust: it cannot be looked at
	}
	return distrust(err)
}

// checkPlace is nil for a place that is there and in which clients may look for a cluster,
// fs.ErrNotExist if there is none, and an InputError that says what to do about any other.
func checkPlace(dir string) error {
	err := checkPrivate(dir, os.Geteuid())
	if err == nil {
		err = checkParent(filepath.Dir(dir))
	}
	return distrust(err)
}

// distrust words why a place is not used.
func distrust(err error) error {
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return &InputError{fmt.Errorf("%w, so that what is in it may not be simk's: "+
		"remove it if it is yours, or set TMPDIR to a folder of your own", err)}
}

// checkPrivate makes sure that path is a folder of that user, not a link to one, which
// nobody else can enter.
func checkPrivate(path string, uid int) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	switch owner, perm := ownerOf(info), info.Mode().Perm(); {
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a symbolic link", path)
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder", path)
	case owner != uid:
		return fmt.Errorf("%s belongs to user %d, not to user %d who runs this", path, owner, uid)
	case perm&0o077 != 0:
		return fmt.Errorf("%s is open to other users (mode %04o, want 0700)", path, perm)
	}
	return nil
}

// checkParent makes sure that others cannot exchange the folders in dir. Volumes of a
// container are often such folders: a replay works there, since nobody looks for it by name,
// while kubectl would run what a kubeconfig in another's folder names.
func checkParent(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if mode := info.Mode(); mode.Perm()&0o002 != 0 && mode&fs.ModeSticky == 0 {
		return fmt.Errorf("in %s everybody may exchange the folders of others (mode %04o, without sticky bit)", dir, mode.Perm())
	}
	return nil
}

// ownerOf is the id of the user that a file belongs to.
func ownerOf(info fs.FileInfo) int {
	return int(info.Sys().(*syscall.Stat_t).Uid)
}
