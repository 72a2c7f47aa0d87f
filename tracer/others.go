package tracer

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// WriteNew is WriteWhole for a file that must not exist: fs.ErrExist if it does, be it
// that somebody else makes it at the same time.
func WriteNew(path string, mode os.FileMode, write func(io.Writer) error) error {
	if _, err := os.Lstat(path); err == nil {
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	f, err := create(path, mode)
	if err != nil {
		return err
	}
	defer f.discard() // the other name
	if err := write(f.w); err != nil {
		return err
	}
	if err := f.file.Sync(); err != nil {
		return err
	}
	return os.Link(f.file.Name(), path) // refuses a file in its place
}

// checkLink refuses a link that another user has put where everybody may make files, such
// as /tmp: it would lead to a file that this user did not mean. Linux does so, too, where
// fs.protected_symlinks is set, but not for links that were resolved before.
func checkLink(path string) error {
	link, err := os.Lstat(path)
	if err != nil {
		return err
	}
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return err
	}
	anybody := dir.Mode()&fs.ModeSticky != 0 && dir.Mode().Perm()&0o002 != 0
	if owner := ownerOf(link); anybody && owner != os.Geteuid() && owner != ownerOf(dir) {
		return fmt.Errorf("%s is a link that user %d has made, in a folder that is everybody's", path, owner)
	}
	return nil
}

// ownerOf is the id of the user that a file belongs to.
func ownerOf(info fs.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }

// keepOwner gives a file to the owner of the one that it replaces: root may replace a user's.
func keepOwner(file *os.File, path string) error {
	before, err := os.Stat(path)
	if err != nil || os.Geteuid() != 0 {
		return nil //nolint:nilerr // there is none
	}
	owner := before.Sys().(*syscall.Stat_t)
	return file.Chown(int(owner.Uid), int(owner.Gid))
}
