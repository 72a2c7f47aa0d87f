package build

import (
	"io"
	"slices"
	"time"

	"simk.dev/simk/tracer"
)

// Row is an arrival of an imported trace: its instant, and its number in the
// importer's own compact records.
type Row struct {
	At    time.Duration
	Index int
}

// Sorted returns a trace whose events apply one object for each row, in order of
// time and, within an instant, of the rows as they are given. Objects are made
// one event at a time. Rows after a head's Duration are left out.
func Sorted(head *tracer.Head, rows []Row, object func(index int) tracer.Object) tracer.Source {
	slices.SortStableFunc(rows, func(a, b Row) int { return int(min(max(a.At-b.At, -1), 1)) })
	if head.HasDuration {
		end, _ := slices.BinarySearchFunc(rows, head.Duration, func(r Row, d time.Duration) int {
			if r.At > d {
				return 1
			}
			return -1
		})
		rows = rows[:end]
	}
	return &sorted{head: head, rows: rows, object: object}
}

type sorted struct {
	head   *tracer.Head
	rows   []Row
	object func(int) tracer.Object
	next   int // number of the next event
}

// Head implements tracer.Source.
func (s *sorted) Head() *tracer.Head { return s.head }

// Close implements tracer.Source.
func (s *sorted) Close() error { return nil }

// Next implements tracer.Source.
func (s *sorted) Next() (*tracer.Event, error) {
	if len(s.rows) == 0 {
		return nil, io.EOF
	}
	e := &tracer.Event{Index: s.next, At: s.rows[0].At}
	for len(s.rows) > 0 && s.rows[0].At == e.At {
		e.Apply = append(e.Apply, s.object(s.rows[0].Index))
		s.rows = s.rows[1:]
	}
	s.next++
	return e, nil
}
