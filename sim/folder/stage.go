package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// stage is the folder in which new content is made.
type stage struct {
	path, target string
	content      Content
	// within says that it is in the target, not beside it.
	within bool
	// lock is held as long as the process lives, however that ends, so that others can tell an
	// abandoned stage. Nil where the file system has no locks.
	lock *os.File
}

func newStage(target string, c Content) (*stage, error) {
	s := &stage{path: besideName(target), target: target, content: c}
	err := s.besides()
	if errors.Is(err, errUnsuitable) {
		s.discard()
		s.path, s.within = withinName(target), true
		err = s.make()
	}
	if err != nil {
		s.discard()
		return nil, err
	}
	return s, nil
}

// make makes the folder.
func (s *stage) make() error {
	if err := before("make " + filepath.Base(s.path)); err != nil {
		return err
	}
	if err := os.RemoveAll(s.path); err != nil { // of a process that had the same number
		return err
	}
	if err := os.Mkdir(s.path, 0o777); err != nil {
		return err
	}
	s.lock, _ = lockDir(s.path)
	return nil
}

// besides makes the stage beside the target, if the two can be exchanged.
func (s *stage) besides() error {
	info, err := os.Stat(s.target)
	if err != nil {
		return err
	}
	// Whoever stands in a folder would stand in the old one, which goes.
	if here, err := os.Stat("."); err == nil && os.SameFile(here, info) {
		return errUnsuitable
	}
	if mounted(s.target) {
		return errUnsuitable
	}
	if kept, err := s.kept(); err != nil {
		return err
	} else if len(kept) > 0 && !allRegular(kept) {
		return errUnsuitable
	}
	err = s.make()
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return errUnsuitable
	}
	if err != nil {
		return err
	}
	return s.likeTarget(info)
}

// likeTarget gives the stage the owner and the mode of the target.
func (s *stage) likeTarget(old fs.FileInfo) error {
	made, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	want, ok := old.Sys().(*syscall.Stat_t)
	is, alsoOK := made.Sys().(*syscall.Stat_t)
	if !ok || !alsoOK {
		return errUnsuitable
	}
	if want.Uid != is.Uid || want.Gid != is.Gid {
		if err := os.Chown(s.path, int(want.Uid), int(want.Gid)); err != nil {
			return errUnsuitable
		}
	}
	const bits = fs.ModePerm | fs.ModeSetgid | fs.ModeSticky
	if err := os.Chmod(s.path, old.Mode()&bits|0o700); err != nil {
		return errUnsuitable
	}
	return nil
}

// kept are the entries of the target that are not replaced, without stages.
func (s *stage) kept() ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(s.target)
	if err != nil {
		return nil, err
	}
	var kept []fs.DirEntry
	for _, e := range entries {
		if !s.content.Replaces(e.Name()) && filepath.Join(s.target, e.Name()) != s.path {
			kept = append(kept, e)
		}
	}
	return kept, nil
}

func allRegular(entries []fs.DirEntry) bool {
	for _, e := range entries {
		if !e.Type().IsRegular() {
			return false
		}
	}
	return true
}

// keep has what is kept of the target in the stage too.
func (s *stage) keep() error {
	kept, err := s.kept()
	if err != nil {
		return err
	}
	if !allRegular(kept) {
		return errUnsuitable
	}
	for _, e := range kept {
		if err := before("link " + e.Name()); err != nil {
			return err
		}
		if err := os.Link(filepath.Join(s.target, e.Name()), filepath.Join(s.path, e.Name())); err != nil {
			return errUnsuitable // a file system without links, a file of somebody else
		}
	}
	return nil
}

// exchange puts the stage in the place of the target, which it removes.
func (s *stage) exchange() error {
	if err := s.keep(); err != nil {
		return err
	}
	if err := syncPath(s.path); err != nil {
		return err
	}
	if err := before("exchange"); err != nil {
		return err
	}
	err := swapped(s.path, s.target)
	old := s.path
	if errors.Is(err, errors.ErrUnsupported) {
		old = s.path + oldSuffix
		err = s.renameTwice(old)
	}
	if errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EXDEV) || errors.Is(err, fs.ErrPermission) {
		return errUnsuitable
	}
	if err != nil {
		return fmt.Errorf("replace %s: %w", s.target, err)
	}
	s.path = old
	// The new content is in its place: what fails from here on is no failure of it, and the next run
	// cleans up.
	_ = syncPath(filepath.Dir(s.target))
	_ = removeAll(old)
	return nil
}

// renameTwice is an exchange where the system has none. A process that is killed between the
// two leaves no target, but both contents: Recover finishes it.
func (s *stage) renameTwice(old string) error {
	lock, _ := lockDir(s.target)
	if lock != nil {
		defer lock.Close()
	}
	if err := rename(s.target, old); err != nil {
		return err
	}
	if err := rename(s.path, s.target); err != nil {
		return errors.Join(err, os.Rename(old, s.target))
	}
	return nil
}

// moveWithin has the finished content in a stage within the target.
func (s *stage) moveWithin() (*stage, error) {
	w := &stage{path: withinName(s.target), target: s.target, content: s.content, within: true}
	if err := w.make(); err != nil {
		return nil, err
	}
	err := os.CopyFS(w.path, os.DirFS(s.path))
	if err == nil {
		// Files that are kept were linked into the other stage.
		err = w.forget()
	}
	if err == nil {
		err = syncTree(w.path)
	}
	if err != nil {
		w.discard()
		return nil, err
	}
	return w, nil
}

// forget removes what is no content from the stage.
func (s *stage) forget() error {
	kept, err := s.kept()
	for _, e := range kept {
		err = errors.Join(err, os.RemoveAll(filepath.Join(s.path, e.Name())))
	}
	return err
}

// discard removes the stage, or what it became.
func (s *stage) discard() {
	_ = os.RemoveAll(s.path)
	if s.lock != nil {
		_ = s.lock.Close()
		s.lock = nil
	}
}
