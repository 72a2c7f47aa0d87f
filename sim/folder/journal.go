package folder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	// commitName is what a stage within the target is called when its content is whole, and counts.
	commitName = ".simk-commit"
	// journalName is the file in it that says what is to be done.
	journalName = ".simk-journal"
)

// journal is what is to be done besides moving the new content to its place.
type journal struct {
	Remove []string `json:"remove"` // entries of the old content that the new one does not have
	Last   string   `json:"last"`   // see Content
}

// commit puts the content of a stage within the target in its place.
func (s *stage) commit() error {
	unlock, err := lockTarget(s.target)
	if err != nil {
		return err
	}
	defer unlock()
	j := journal{Last: s.content.Last}
	entries, err := os.ReadDir(s.target)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !s.content.Replaces(e.Name()) {
			continue
		}
		if _, err := os.Lstat(filepath.Join(s.path, e.Name())); errors.Is(err, fs.ErrNotExist) {
			j.Remove = append(j.Remove, e.Name())
		}
	}
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	if err := before("write the journal"); err != nil {
		return err
	}
	path := filepath.Join(s.path, journalName)
	if err := os.WriteFile(path, text, 0o666); err != nil {
		return err
	}
	if err := errors.Join(syncPath(path), syncPath(s.path)); err != nil {
		return err
	}
	// From here on it is the new content that counts.
	if err := rename(s.path, filepath.Join(s.target, commitName)); err != nil {
		return err
	}
	s.path = filepath.Join(s.target, commitName)
	if err := syncPath(s.target); err != nil {
		return s.keepCommit(err)
	}
	if err := rollForward(s.target); err != nil {
		return s.keepCommit(err)
	}
	return nil
}

// keepCommit says what to do about content that is whole, but not in its place.
func (s *stage) keepCommit(err error) error {
	s.path = withinName(s.target) // nothing is to be discarded
	return fmt.Errorf("replace %s: the new files are whole in %s but not all in their place, "+
		"which the next simk command that uses the folder makes good: %w", s.target, commitName, err)
}

// lockTarget locks a folder for moving files within, where the file system has locks.
func lockTarget(target string) (unlock func(), err error) {
	lock, err := lockDir(target)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, fmt.Errorf("another simk is replacing the files in %s: try again when it is done", target)
	case errors.Is(err, syscall.EBADF), errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK), errors.Is(err, syscall.EINVAL):
		return func() {}, nil
	case err != nil:
		return nil, err
	}
	return func() { _ = lock.Close() }, nil
}

// rollForward does what a journal says. All of it may have been done before.
func rollForward(target string) error {
	commit := filepath.Join(target, commitName)
	text, err := os.ReadFile(filepath.Join(commit, journalName))
	if err != nil {
		return err
	}
	var j journal
	if err := json.Unmarshal(text, &j); err != nil {
		return fmt.Errorf("read %s: %w", journalName, err)
	}
	if j.Last != "" {
		if _, err := os.Lstat(filepath.Join(commit, j.Last)); err == nil {
			if err := removeEntry(target, j.Last); err != nil {
				return err
			}
		}
	}
	for _, name := range j.Remove {
		if err := removeEntry(target, name); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(commit)
	if err != nil {
		return err
	}
	last := false
	for _, e := range entries {
		switch e.Name() {
		case journalName:
		case j.Last:
			last = true
		default:
			if err := moveEntry(commit, target, e); err != nil {
				return err
			}
		}
	}
	if last {
		if err := rename(filepath.Join(commit, j.Last), filepath.Join(target, j.Last)); err != nil {
			return err
		}
	}
	if err := syncPath(target); err != nil {
		return err
	}
	// It is done. Under its other name it is a leftover.
	done := withinName(target)
	_ = os.RemoveAll(done) // of a process that had the same number
	if err := rename(commit, done); err != nil {
		return err
	}
	_ = removeAll(done)
	return nil
}

// moveEntry moves a file or a folder to the target, in the place of what has its name.
func moveEntry(commit, target string, e fs.DirEntry) error {
	if e.IsDir() {
		if err := removeEntry(target, e.Name()); err != nil {
			return err
		}
	}
	return rename(filepath.Join(commit, e.Name()), filepath.Join(target, e.Name()))
}

// removeEntry removes an entry of the target that a journal names: a name alone.
func removeEntry(target, name string) error {
	if name != filepath.Base(name) || name == ".." || name == "." {
		return fmt.Errorf("%s names %q, which is no entry of the folder", journalName, name)
	}
	return removeAll(filepath.Join(target, name))
}

// Recover finishes what a process that was killed while it replaced dir had begun, so that dir
// holds the old content or the new one. A folder of which nothing was left is none of its business.
func Recover(dir string) error {
	target, err := resolve(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return restore(dir)
	}
	if err != nil {
		return nil //nolint:nilerr // whoever uses the folder says what is wrong with it
	}
	commit, err := os.Lstat(filepath.Join(target, commitName))
	if err != nil {
		return nil //nolint:nilerr // there is none
	}
	if info, err := os.Stat(target); !isOurs(commit) && (err != nil || !sameOwner(info, commit)) {
		return fmt.Errorf("%s holds %s of another user, who must finish what was interrupted there; or remove it", dir, commitName)
	}
	unlock, err := lockTarget(target)
	if err != nil {
		return err
	}
	defer unlock()
	if err := rollForward(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("finish the replacement of %s, which was interrupted: %w", dir, err)
	}
	return nil
}

// restore puts back what a process left that was killed between the two renames of an exchange:
// the new content, which was whole by then, or else the old one.
func restore(dir string) error {
	parent, err := resolve(filepath.Dir(filepath.Clean(dir)))
	if err != nil {
		return nil //nolint:nilerr // nothing is there
	}
	target := filepath.Join(parent, filepath.Base(dir))
	if _, err := os.Lstat(target); err == nil {
		return nil // a link to nowhere
	}
	for _, old := range leftovers(target) {
		whole, ok := strings.CutSuffix(old, oldSuffix)
		if !ok {
			continue
		}
		lock, err := lockDir(old)
		if err != nil {
			continue // in use
		}
		defer lock.Close()
		if err := os.Rename(whole, target); err == nil {
			return nil
		}
		return os.Rename(old, target)
	}
	return nil
}
