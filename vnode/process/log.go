package process

import (
	"os"
	"slices"
	"time"
)

// mostMarks bounds how exactly is known when a container printed what.
const mostMarks = 4096

// logFile is what one run of a container printed. Positions count its bytes from the first,
// whether they are still kept or not.
type logFile struct {
	path string
	// from is the position of the first byte that is kept, base that of the file's first.
	from, base int64
	// marks say when the output had come how far, in order.
	marks []mark
}

type mark struct {
	end int64
	at  time.Time
}

// look notes how far the output has come, and drops the first of it if that is too much:
// more than limit bytes. What a process prints between two looks is beyond the limit.
func (l *logFile) look(now time.Time, limit int64) {
	info, err := os.Stat(l.path)
	if err != nil {
		return // the pod's folder is gone
	}
	end := l.base + info.Size()
	if end > l.end() {
		l.marks = append(l.marks, mark{end, now})
		if len(l.marks) > mostMarks {
			l.marks = thin(l.marks)
		}
	}
	if end-l.from > limit {
		l.drop(end, end-limit/2)
	}
}

// thin leaves out every other mark, but the last.
func thin(marks []mark) []mark {
	kept := marks[:0]
	for i, m := range marks {
		if i%2 == len(marks)%2 {
			continue
		}
		kept = append(kept, m)
	}
	return kept
}

func (l *logFile) end() int64 {
	if len(l.marks) == 0 {
		return 0
	}
	return l.marks[len(l.marks)-1].end
}

// drop gives up what is before a position: by a hole in the file, so that who writes to it
// notices nothing; all of it, where the file system makes none.
func (l *logFile) drop(end, before int64) {
	f, err := os.OpenFile(l.path, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer f.Close()
	const block = 4096
	before = (before-l.base)/block*block + l.base
	if punch(f, before-l.base) == nil {
		l.from = before
	} else if f.Truncate(0) == nil { // who writes appends
		l.from, l.base = end, end
	}
}

// read returns what is kept of the output from a position on, at most a number of bytes, and
// the position of its first byte.
func (l *logFile) read(from, most int64) (text []byte, at int64, err error) {
	from = max(from, l.from)
	if from >= l.end() {
		return nil, from, nil
	}
	f, err := os.Open(l.path)
	if err != nil {
		return nil, from, err
	}
	defer f.Close()
	text = make([]byte, min(l.end()-from, most))
	n, err := f.ReadAt(text, from-l.base)
	if n > 0 {
		err = nil
	}
	return text[:n], from, err
}

// since is the position from which on output came at an instant or later.
func (l *logFile) since(t time.Time) int64 {
	i := slices.IndexFunc(l.marks, func(m mark) bool { return !m.at.Before(t) })
	switch {
	case i < 0:
		return l.end()
	case i == 0:
		return 0
	default:
		return l.marks[i-1].end
	}
}

// at is when the byte at a position was there, to within the time between two looks.
func (l *logFile) at(position int64) time.Time {
	i, _ := slices.BinarySearchFunc(l.marks, position+1, func(m mark, want int64) int {
		switch {
		case m.end < want:
			return -1
		case m.end > want:
			return 1
		}
		return 0
	})
	if i == len(l.marks) {
		return time.Time{}
	}
	return l.marks[i].at
}
