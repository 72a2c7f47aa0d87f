package sim

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/limits"
)

// scratch is a run's private folder. It holds a lock as long as its process
// lives, however that ends, so that the next run can tell an abandoned folder
// from one in use and remove it.
type scratch struct {
	dir  string
	lock *os.File
}

const lockName = "lock"

// scratchParent holds the scratch folders of all of a user's runs.
func scratchParent() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("simk-%d", os.Getuid()))
}

// newScratch makes a folder under the system's temporary one and removes those
// that killed runs left there.
func newScratch() (*scratch, error) {
	parent := scratchParent()
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, err
	}
	// Reaping and creating are done under the parent's lock: a folder without a
	// locked lock file is abandoned, not new.
	guard, err := flock(filepath.Join(parent, lockName), true)
	if err != nil {
		return nil, err
	}
	defer guard.Close()
	reap(parent)
	// Not os.MkdirTemp: it draws names from the runtime's randomness, and one
	// draw more, where a name is taken, would change everything drawn after it.
	dir := filepath.Join(parent, fmt.Sprintf("run-%d-%d", os.Getpid(), clock.Wall().UnixNano()))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := flock(filepath.Join(dir, lockName), false)
	if err != nil {
		return nil, err
	}
	return &scratch{dir, lock}, nil
}

// reap removes the folders of runs that are over. What it cannot remove stays.
func reap(parent string) {
	dirs, _ := filepath.Glob(filepath.Join(parent, "run-*"))
	for _, dir := range dirs {
		lock, err := flock(filepath.Join(dir, lockName), false)
		if err != nil {
			continue // in use
		}
		_ = os.RemoveAll(dir)
		_ = lock.Close()
	}
}

// InScratch lets do use a folder of its own, which goes when do returns, or with the next
// run when this process is killed before.
func InScratch(do func(dir string) error) error {
	s, err := newScratch()
	if err != nil {
		return fmt.Errorf("create scratch folder: %w", limits.Folder(err))
	}
	defer s.remove()
	return do(s.dir)
}

func (s *scratch) remove() error {
	err := os.RemoveAll(s.dir)
	_ = s.lock.Close()
	return err
}

// flock opens path and locks it for this process, waiting if it must.
func flock(path string, wait bool) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	how := syscall.LOCK_EX
	if !wait {
		how |= syscall.LOCK_NB
	}
	if err := syscall.Flock(int(f.Fd()), how); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}
