package tracer

import (
	"errors"
	"io"
	"iter"
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

// Events returns what a source has left, for WriteFile.
func Events(s Source) iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		for {
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
