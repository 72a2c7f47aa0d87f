package serve

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"simk.dev/simk/tracer/record/journal"
)

// parts is into how many parts a window is divided: so much of it may be kept
// too long, and so often all that lives is written again.
const parts = 24

// suffix is what the names of parts end in.
const suffix = ".recording"

// Store is a rolling window of a recording. It is a record.Rotator; its methods
// may be called at the same time.
type Store struct {
	dir      string
	window   time.Duration
	maxBytes int64

	mu     sync.Mutex
	parts  []part // the last one is being written
	writer *journal.Writer
}

type part struct {
	path string
	// begin and end are in the cluster's time; end is when the next began.
	begin, end time.Time
	size       int64
	// first says that it follows no other without a gap.
	first bool
}

// NewStore opens the folder dir, which is made if need be. window and maxBytes
// bound what is kept.
func NewStore(dir string, window time.Duration, maxBytes int64) (*Store, error) {
	if window < time.Minute || maxBytes < 1<<20 {
		return nil, errors.New("a window of a minute and 1 MiB is the least")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s := &Store{dir: dir, window: window, maxBytes: maxBytes}
	entries, err := os.ReadDir(dir) // by name, which is by time
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), suffix) {
			continue
		}
		p := part{path: filepath.Join(dir, e.Name()), first: true}
		summary, err := journal.Summarize(p.path)
		if err != nil {
			if info, err := e.Info(); err == nil && info.Size() == 0 { // it was begun, and nothing was written
				os.Remove(p.path)
			}
			continue // what it may hold is for people to look at
		}
		p.begin, p.end, p.size, p.first = summary.Begin, summary.End, summary.Size, !summary.Follows
		s.parts = append(s.parts, p)
	}
	return s, nil
}

// Due implements record.Rotator.
func (s *Store) Due(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.parts) == 0 || s.writer == nil {
		return true
	}
	return now.Sub(s.parts[len(s.parts)-1].begin) >= s.window/parts || s.writer.Size() >= s.maxBytes/4
}

// Begin implements record.Rotator: it closes the present part and begins another.
func (s *Store) Begin(b journal.Begin) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	follows := s.writer != nil
	if follows {
		if err := s.writer.Write(journal.Line{Op: journal.End, At: b.At}); err != nil {
			return err
		}
		if err := s.writer.Close(); err != nil {
			return err
		}
		last := &s.parts[len(s.parts)-1]
		last.end, last.size = b.At, s.writer.Size()
	}
	b.Follows = follows
	path := filepath.Join(s.dir, b.At.UTC().Format("20060102T150405Z")+suffix)
	for n := 1; slices.ContainsFunc(s.parts, func(p part) bool { return p.path == path }); n++ {
		path = filepath.Join(s.dir, fmt.Sprintf("%s-%d%s", b.At.UTC().Format("20060102T150405Z"), n, suffix))
	}
	w, err := journal.Create(path, b)
	if err != nil {
		return err
	}
	s.writer = w
	s.parts = append(s.parts, part{path: path, begin: b.At, end: b.At, first: !follows})
	s.prune(b.At)
	return nil
}

// prune removes parts that are too old or too much; the present one stays.
func (s *Store) prune(now time.Time) {
	var total int64
	for _, p := range s.parts {
		total += p.size
	}
	for len(s.parts) > 1 && (s.parts[0].end.Before(now.Add(-s.window)) || total > s.maxBytes*3/4) {
		total -= s.parts[0].size
		os.Remove(s.parts[0].path)
		s.parts = s.parts[1:]
	}
	s.parts[0].first = true
}

// Write implements record.Sink.
func (s *Store) Write(l journal.Line) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writer == nil {
		return errors.New("the store has not begun")
	}
	last := &s.parts[len(s.parts)-1]
	if l.At.After(last.end) {
		last.end = l.At
	}
	return s.writer.Write(l)
}

// Flush implements record.Sink.
func (s *Store) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writer.Flush()
}

// Sync implements record.Sink.
func (s *Store) Sync() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writer.Sync()
}

// Close ends the present part.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writer == nil {
		return nil
	}
	err := s.writer.Close()
	s.writer = nil
	return err
}

// Status is what there is.
type Status struct {
	// Begin and End are in the cluster's time.
	Begin time.Time `json:"begin"`
	End   time.Time `json:"end"`
	Parts int       `json:"parts"`
	Bytes int64     `json:"bytes"`
}

// Status tells what there is without a gap up to the present.
func (s *Store) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	var st Status
	for i, p := range s.parts {
		if p.first {
			st.Begin = p.begin
		}
		st.End, st.Parts = p.end, i+1
		st.Bytes += p.size
	}
	if s.writer != nil {
		st.Bytes += s.writer.Size()
	}
	return st
}

// ErrNothing says that nothing was recorded in a window.
var ErrNothing = errors.New("nothing was recorded then")

// Open returns what was recorded from one instant to another as a trace, to the
// present if to is zero. Where the recorder was not running in between, it begins
// after that.
func (s *Store) Open(from, to time.Time) (*journal.Recording, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writer != nil {
		if err := s.writer.Flush(); err != nil {
			return nil, err
		}
	}
	last := len(s.parts) - 1
	for last >= 0 && !to.IsZero() && s.parts[last].begin.After(to) {
		last--
	}
	first := last
	for first > 0 && s.parts[first].begin.After(from) && !s.parts[first].first {
		first--
	}
	if last < 0 || s.parts[last].end.Before(from) {
		return nil, ErrNothing
	}
	var paths []string
	for _, p := range s.parts[first : last+1] {
		paths = append(paths, p.path)
	}
	// The files stay open: a part that is removed meanwhile is read to its end.
	return journal.Open(paths, journal.Window{From: from, To: to})
}
