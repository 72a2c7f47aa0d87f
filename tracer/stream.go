package tracer

import (
	"errors"
	"io"
	"iter"
	"runtime"
)

// Source is a trace as a stream, wherever it comes from: a *Reader, or a file
// of another format on its way through package formats.
type Source interface {
	// Head returns what stands before the events.
	Head() *Head
	// Next returns the next event in time order, and io.EOF after the last one.
	Next() (*Event, error)
	Close() error
}

var _ Source = (*Reader)(nil)

// yieldEvery is at how many turns of a loop others may run.
const yieldEvery = 64

// LetOthersRun is for the n-th turn of a long loop. In virtual time a goroutine runs
// until it blocks; a loop over a million events would keep the garbage collector
// from ever finishing, so that it steps aside now and then.
func LetOthersRun(n int) {
	if n%yieldEvery == 0 {
		runtime.Gosched()
	}
}

// Events returns what a source has left: for WriteFile, and for everyone who
// reads a whole trace.
func Events(s Source) iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		for n := 0; ; n++ {
			LetOthersRun(n)
			e, err := s.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}
