package edit

import (
	"container/heap"
	"io"
)

// later puts delayed moments where they belong in time. Its memory is what was
// delayed and is not due.
type later struct {
	in      peeked
	pending queue
	seq     int
	done    func(*moment) // told of each delayed moment that leaves
}

func (l *later) head() *header { return l.in.head() }

// add takes a moment that is due later.
func (l *later) add(m *moment) {
	heap.Push(&l.pending, queued{m, l.seq})
	l.seq++
}

func (l *later) next() (*moment, error) {
	for {
		m, err := l.in.peek()
		if err != nil {
			return nil, err
		}
		// What comes at the same time as a delayed moment was read later: it goes second.
		if len(l.pending) > 0 && (m == nil || !m.start && l.pending[0].m.at <= m.at) {
			due := heap.Pop(&l.pending).(queued).m
			if h := l.head(); h.HasDuration && due.at > h.Duration {
				l.pending = nil // the rest is later still
				continue
			}
			l.done(due)
			return due, nil
		}
		if m == nil {
			return nil, io.EOF
		}
		if l.in.take(); m.start || !m.empty() {
			return m, nil
		}
	}
}

// queued is a moment that waits; those of the same instant keep their order.
type queued struct {
	m   *moment
	seq int
}

// queue is a heap by time.
type queue []queued

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool {
	if q[i].m.at != q[j].m.at {
		return q[i].m.at < q[j].m.at
	}
	return q[i].seq < q[j].seq
}
func (q *queue) Push(x any) { *q = append(*q, x.(queued)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}
