// Package folder replaces what is in a folder as one: a process that is killed, or a
// disk that gets full, leaves what was there or what comes, never some of both.
//
// The new content is written into a folder of its own beside the old one and takes its
// place in one step, where the system can do that. Where it cannot (a mount point, the
// current directory, a parent that is not writable, folders that are kept), the new
// content is made in a hidden folder within, and moved out of it file by file. A process
// that is killed meanwhile leaves a journal: Recover, which those who read the folder call
// first, goes on where it stopped. Other programs may then see a part of it, but not
// the file that is called Last.
package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Content says which of a folder's entries make up its content.
type Content struct {
	// Replaces tells whether an entry of that name goes. All others are kept.
	Replaces func(name string) bool
	// Last is the file without which the content is none; it comes last. Empty: there is none.
	Last string
}

// errUnsuitable says that a folder cannot be exchanged for another.
var errUnsuitable = errors.New("the folder cannot be exchanged")

// before is called before each step that a crash may precede, with what is to be done; its error
// is what that step fails with.
var before = func(step string) error { return nil }

// swapped and mounted are the system's, but in tests.
var (
	swapped = swap
	mounted = isMount
)

// Replace lets write make new content in the folder that it is given, and puts it in the
// place of what is in dir, which is made if it is not there. After an error the old
// content is still there.
func Replace(dir string, c Content, write func(stage string) error) (err error) {
	if err := Prepare(dir); err != nil {
		return err
	}
	target, err := resolve(dir)
	if err != nil {
		return err
	}
	s, err := newStage(target, c)
	if err != nil {
		return err
	}
	defer s.discard()
	if err := write(s.path); err != nil {
		return err
	}
	if err := syncTree(s.path); err != nil {
		return err
	}
	if !s.within {
		err := s.exchange()
		if !errors.Is(err, errUnsuitable) {
			return err
		}
		if s, err = s.moveWithin(); err != nil {
			return err
		}
		defer s.discard()
	}
	return s.commit()
}

// Prepare makes sure that dir is there and can be written to, finishes what a process that
// was killed had begun there, and removes what it left.
func Prepare(dir string) error {
	if err := Recover(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	target, err := resolve(dir)
	if err != nil {
		return err
	}
	if err := access(target); err != nil {
		return fmt.Errorf("%s cannot be written to: %w", dir, err)
	}
	for _, path := range leftovers(target) {
		if lock, err := lockDir(path); err == nil { // else it is in use
			_ = os.RemoveAll(path)
			_ = lock.Close()
		}
	}
	return nil
}

// resolve is the absolute path of a folder without links.
func resolve(dir string) (string, error) {
	path, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	return filepath.Abs(path)
}

// The names of folders in which content is made: hidden, so that they are no content
// themselves, and with the process's number. Beside a folder its name comes first.
const (
	mark      = ".simk-"
	oldSuffix = "-old" // of the old content, where folders cannot be exchanged in one step
)

func besideName(target string) string {
	return filepath.Join(filepath.Dir(target), fmt.Sprintf(".%s%s%d", filepath.Base(target), mark, os.Getpid()))
}

func withinName(target string) string {
	return filepath.Join(target, fmt.Sprintf("%s%d", mark, os.Getpid()))
}

// leftovers are the folders that a replacement of target made and did not remove.
func leftovers(target string) []string {
	var found []string
	for _, place := range []struct{ dir, prefix string }{
		{filepath.Dir(target), "." + filepath.Base(target) + mark}, {target, mark},
	} {
		entries, _ := os.ReadDir(place.dir)
		for _, e := range entries {
			number, ok := strings.CutPrefix(e.Name(), place.prefix)
			if !ok || !e.IsDir() || strings.Trim(strings.TrimSuffix(number, oldSuffix), "0123456789") != "" {
				continue
			}
			path := filepath.Join(place.dir, e.Name())
			if info, err := os.Lstat(path); err == nil && isOurs(info) {
				found = append(found, path)
			}
		}
	}
	slices.Sort(found)
	return found
}

// isOurs tells whether this user made a folder: in a place where others may write, they
// may have put there something of that name.
func isOurs(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.IsDir() && int(stat.Uid) == os.Geteuid()
}

// sameOwner tells whether two files belong to the same user.
func sameOwner(a, b fs.FileInfo) bool {
	x, ok := a.Sys().(*syscall.Stat_t)
	y, alsoOK := b.Sys().(*syscall.Stat_t)
	return ok && alsoOK && x.Uid == y.Uid
}

// lockDir locks a folder for this process. It fails if another one has locked it, and where
// the file system has no locks.
func lockDir(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}

// syncTree has all files and folders below path on the disk.
func syncTree(path string) error {
	return filepath.WalkDir(path, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() && !e.Type().IsRegular() {
			return err
		}
		return syncPath(path)
	})
}

func syncPath(path string) error {
	if err := before("sync " + filepath.Base(path)); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil // a file system that does not know how
	}
	return errors.Join(err, f.Close())
}

// rename is os.Rename, and a step.
func rename(from, to string) error {
	if err := before("rename to " + filepath.Base(to)); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// removeAll is os.RemoveAll, and a step.
func removeAll(path string) error {
	if err := before("remove " + filepath.Base(path)); err != nil {
		return err
	}
	return os.RemoveAll(path)
}
