package sim

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/limits"
)

// scratch is a run's private folders. They hold a lock as long as its process
// lives, however that ends, so that the next run can tell abandoned folders
// from those in use and remove them.
type scratch struct {
	// dir is where clients of a live cluster look for it.
	dir string
	// data is for what may be large: dir itself, or a folder for temporary files if dir
	// may be in memory.
	data string
	lock *os.File
}

const (
	lockName = "lock"
	// dataName is the link from dir to data, if they are two.
	dataName = "data"
	// runPrefix begins the names of runs' folders; with a point before it until they
	// are locked.
	runPrefix = "run-"
	// unnamedFor is how long a folder may need to be locked, in wall time.
	unnamedFor = time.Minute
)

// newScratch makes the folders, and removes those that killed runs left.
func newScratch() (*scratch, error) {
	parent := places()[0]
	if err := makePlace(parent); err != nil {
		return nil, err
	}
	for _, place := range places() {
		reap(place)
	}
	// Not os.MkdirTemp: it draws names from the runtime's randomness, and one
	// draw more, where a name is taken, would change everything drawn after it.
	// It is short, since the path of a socket must be.
	name := fmt.Sprintf("%s%d-%s", runPrefix, os.Getpid(), strconv.FormatInt(clock.Wall().UnixNano(), 36))
	// A folder without a locked lock is abandoned: it gets its name when it has one.
	unnamed := filepath.Join(parent, "."+name)
	if err := os.Mkdir(unnamed, 0o700); err != nil {
		return nil, err
	}
	lock, err := flock(filepath.Join(unnamed, lockName), os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, err
	}
	s := &scratch{dir: filepath.Join(parent, name), lock: lock}
	s.data = s.dir
	if parent != temporaryPlace() {
		s.data = temporaryPlace() + "-" + name
		if err := os.Symlink(s.data, filepath.Join(unnamed, dataName)); err != nil {
			return nil, err
		}
	}
	if err := os.Rename(unnamed, s.dir); err != nil {
		return nil, err
	}
	if s.data != s.dir {
		return s, os.Mkdir(s.data, 0o700) // fails if there is one, whoever made it
	}
	return s, nil
}

// openScratch is newScratch with the words for people.
func openScratch() (*scratch, error) {
	s, err := newScratch()
	if err != nil {
		return nil, fmt.Errorf("create scratch folder: %w", limits.Folder(err))
	}
	return s, nil
}

// reap removes the folders of runs that are over from a place, if it can be trusted.
// What it cannot remove stays.
func reap(place string) {
	if checkPlace(place) != nil {
		return
	}
	dirs, _ := filepath.Glob(filepath.Join(place, runPrefix+"*"))
	unnamed, _ := filepath.Glob(filepath.Join(place, "."+runPrefix+"*"))
	for _, dir := range unnamed {
		if info, err := os.Lstat(dir); err == nil && clock.Wall().Sub(info.ModTime()) > unnamedFor {
			dirs = append(dirs, dir)
		}
	}
	for _, dir := range dirs {
		// One that was half removed may have lost its lock.
		lock, err := flock(filepath.Join(dir, lockName), os.O_CREATE)
		if err != nil {
			continue // in use
		}
		_ = removeRun(dir)
		_ = lock.Close()
	}
}

// removeRun removes a run's folders, that in which it was found last. What stands in the
// place of the other and is not simk's stays.
func removeRun(dir string) error {
	var failed error
	data, err := os.Readlink(filepath.Join(dir, dataName))
	if err == nil && strings.HasPrefix(data, temporaryPlace()+"-"+runPrefix) && checkPrivate(data, os.Geteuid()) == nil {
		failed = os.RemoveAll(data)
	}
	return errors.Join(failed, os.RemoveAll(dir))
}

// abandoned says that dir was a run's folder and is no more, or that its run is over.
func abandoned(dir string) bool {
	if !strings.HasPrefix(filepath.Base(dir), runPrefix) {
		return false
	}
	lock, err := flock(filepath.Join(dir, lockName), 0)
	if err == nil {
		_ = lock.Close()
	}
	return err == nil || errors.Is(err, fs.ErrNotExist)
}

// InScratch lets do use a folder of its own, which goes when do returns, or with the next
// run when this process is killed before.
func InScratch(do func(dir string) error) error {
	s, err := openScratch()
	if err != nil {
		return err
	}
	defer s.remove()
	return do(s.data)
}

func (s *scratch) remove() error {
	err := removeRun(s.dir)
	_ = s.lock.Close()
	return err
}

// flock opens path, with more flags perhaps, and locks it for this process. It never
// waits: that somebody else holds the lock is an error. So is a link, and whatever else
// is not a plain file. Libraries for this (gofrs/flock) lock what is there before anybody can see
// what it is, and open it anew where a file system has no locks.
func flock(path string, flags int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK|flags, 0o600)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(fmt.Errorf("lock %s: it is not a plain file", path), err, f.Close())
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}
