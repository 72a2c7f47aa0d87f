package images

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// maxContent bounds the files of a pod, in bytes of all that was ever written.
const maxContent = 1 << 20

var errTooMuch = errors.New("more is written than is kept")

// files are those of a container or a volume, with what they were at each instant.
type files struct {
	changes map[string][]change // by path, in their order
	written int
}

// change is a file from an instant on.
type change struct {
	at      time.Time
	exists  bool
	dir     bool
	content []byte
}

func newFiles() *files { return &files{changes: map[string][]change{}} }

// at is a file as it was at an instant; nil if it was not there.
func (f *files) at(name string, t time.Time) *change {
	all := f.changes[name]
	for i := len(all) - 1; i >= 0; i-- {
		if !all[i].at.After(t) {
			if all[i].exists {
				return &all[i]
			}
			return nil
		}
	}
	return nil
}

// set changes a file from an instant on.
func (f *files) set(name string, c change) error {
	f.written += len(c.content) + len(name)
	if f.written > maxContent {
		return errTooMuch
	}
	f.changes[name] = append(f.changes[name], c)
	return nil
}

// times are when a file changes.
func (f *files) times() (times []time.Time) {
	for _, all := range f.changes {
		for _, c := range all {
			times = append(times, c.at)
		}
	}
	return times
}

// mount is where a container has files.
type mount struct {
	at    string // "" for those of its own
	sub   string
	files *files
	// opaque: it has files that are not known.
	opaque bool
}

// tree are all files that a container sees.
type tree []mount

var errOpaque = errors.New("these files are not known")

// resolve says in which files a path is, and where.
func (t tree) resolve(name string) (*files, string, error) {
	var best *mount
	for i := range t {
		m := &t[i]
		if (m.at == "" || name == m.at || strings.HasPrefix(name, m.at+"/")) && (best == nil || len(m.at) > len(best.at)) {
			best = m
		}
	}
	if best.opaque || best.at == "" && isDevice(name) {
		return nil, "", errOpaque
	}
	return best.files, path.Join("/", best.sub, strings.TrimPrefix(name, best.at)), nil
}

// isDevice says whether a path is one of those whose files are the kernel's.
func isDevice(name string) bool {
	switch name {
	case "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/console":
		return true
	}
	return strings.HasPrefix(name, "/proc/") || strings.HasPrefix(name, "/sys/")
}

// isPlace says whether a path is a folder that is there without anybody's doing.
func (t tree) isPlace(name string) bool {
	switch name {
	case "/", "/tmp", "/dev", "/bin", "/usr", "/usr/bin", "/etc", "/root", "/var", "/var/tmp", "/home", "/opt", "/run", "/proc":
		return true
	}
	for _, m := range t {
		if m.at != "" && (name == m.at || strings.HasPrefix(m.at, name+"/")) {
			return true
		}
	}
	return false
}

// stat says what is at a path.
func (t tree) stat(name string, at time.Time) (fs.FileInfo, error) {
	if t.isPlace(name) {
		return info{name: path.Base(name), dir: true}, nil
	}
	if name == os.DevNull {
		return info{name: "null"}, nil
	}
	f, inside, err := t.resolve(name)
	if err != nil {
		return nil, err
	}
	c := f.at(inside, at)
	if c == nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return info{name: path.Base(name), dir: c.dir, size: len(c.content), at: c.at}, nil
}

// info implements fs.FileInfo.
type info struct {
	name string
	dir  bool
	size int
	at   time.Time
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return int64(i.size) }
func (i info) ModTime() time.Time { return i.at }
func (i info) IsDir() bool        { return i.dir }
func (i info) Sys() any           { return nil }
func (i info) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o755
}

// handle is an open file.
type handle struct {
	content []byte
	read    int
	save    func([]byte) error // nil: it was opened to be read
}

func (h *handle) Read(p []byte) (int, error) {
	if h.read == len(h.content) {
		return 0, io.EOF
	}
	n := copy(p, h.content[h.read:])
	h.read += n
	return n, nil
}

func (h *handle) Write(p []byte) (int, error) {
	if h.save == nil {
		return 0, fs.ErrPermission
	}
	if len(h.content)+len(p) > maxContent {
		return 0, errTooMuch
	}
	h.content = append(h.content, p...)
	return len(p), nil
}

func (h *handle) Close() error {
	if h.save == nil {
		return nil
	}
	return h.save(h.content)
}
