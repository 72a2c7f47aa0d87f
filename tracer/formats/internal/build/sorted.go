package build

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"simk.dev/simk/tracer"
)

// Limits of an imported trace. A table's row can stand for many objects, so that
// the size of the input does not bound them.
const (
	MaxPods  = 10_000_000
	MaxNodes = 100_000
)

// burst is how many objects an event holds at most: events of one instant are
// as good as one, and one is held in memory as a whole.
const burst = 10_000

// Row is an arrival or a departure: its instant, and its number in the
// importer's own compact records.
type Row struct {
	At    time.Duration
	Index int32
	// Count is how many objects the row stands for; 0 is one.
	Count int32
	// Delete says that they leave.
	Delete bool
}

// Rows are the arrivals and departures of a trace to be.
type Rows struct {
	rows    []Row
	objects int
}

// ErrTooMany says that a trace has too many objects.
var ErrTooMany = fmt.Errorf("there are more than %d pods: split the input", MaxPods)

// Add adds a row. It refuses what makes a trace too large, with ErrTooMany.
func (r *Rows) Add(row Row) error {
	row.Count = max(row.Count, 1)
	if int(row.Count) > MaxPods-r.objects || row.Index == math.MaxInt32 {
		return ErrTooMany
	}
	r.objects += int(row.Count)
	r.rows = append(r.rows, row)
	return nil
}

// Shift lets all rows come so much later.
func (r *Rows) Shift(by time.Duration) {
	for i := range r.rows {
		r.rows[i].At += by
	}
}

// Trace returns a trace of the rows in order of time; within an instant what
// arrives comes first, and then the order is the one in which rows were added.
// Object makes the k-th object of a row, counted from 0, when its event is read.
// Rows after a head's Duration are left out. The Rows are used up.
func (r *Rows) Trace(head *tracer.Head, object func(index, k int) tracer.Object) tracer.Source {
	return Sorted(head, r.rows, object)
}

// Sorted is Rows.Trace for rows in a slice of the caller's.
func Sorted(head *tracer.Head, rows []Row, object func(index, k int) tracer.Object) tracer.Source {
	slices.SortStableFunc(rows, func(a, b Row) int {
		if a.At == b.At && a.Delete != b.Delete {
			if a.Delete {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.At, b.At)
	})
	if head.HasDuration {
		end := slices.IndexFunc(rows, func(row Row) bool { return row.At > head.Duration })
		if end >= 0 {
			rows = rows[:end]
		}
	}
	return &sorted{head: head, rows: rows, object: object}
}

type sorted struct {
	head   *tracer.Head
	rows   []Row
	object func(index, k int) tracer.Object
	used   int // how many objects of the first row have been given
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
	for n := 0; n < burst && len(s.rows) > 0 && s.rows[0].At == e.At; n++ {
		row := s.rows[0]
		o := s.object(int(row.Index), s.used)
		if row.Delete {
			e.Delete = append(e.Delete, o.Ref())
		} else {
			e.Apply = append(e.Apply, o)
		}
		if s.used++; s.used >= int(row.Count) {
			s.rows, s.used = s.rows[1:], 0
		}
	}
	s.next++
	return e, nil
}

// CheckNodes refuses a number of nodes that is too large.
func CheckNodes(n int64) error {
	if n > MaxNodes {
		return errors.New("there are more than " + fmt.Sprint(MaxNodes) + " nodes: leave some out")
	}
	return nil
}
