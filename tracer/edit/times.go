package edit

import (
	"errors"
	"fmt"
	"math"
	"time"

	"simk.dev/simk/tracer"
)

// Shift moves all events by a time, which may be negative as long as no event
// comes before the start. Objects of the start stay; the end moves too.
type Shift struct {
	By Duration `json:"by"`
}

// Stretch multiplies the time of all events and of the end. Run times are those of
// the pods and stay as they are, unless RunTimes says otherwise.
type Stretch struct {
	Factor float64 `json:"factor"`
	// RunTimes stretches them too, as ScaleRunTimes does.
	RunTimes bool `json:"runTimes,omitempty"`
}

const (
	maxTime  = 1e6 // of factors for times
	maxCount = 1e4 // of factors for numbers of objects
)

func checkFactor(factor, most float64) error {
	if math.IsNaN(factor) || factor <= 0 || factor > most {
		return fmt.Errorf("the factor %v: want a number above 0, up to %v", factor, most)
	}
	return nil
}

func (s *Shift) build(*compiler) (stage, error) {
	by := s.By.Duration
	return retime(func(at time.Duration) (time.Duration, error) {
		switch to := at + by; {
		case by > 0 && to < at:
			return 0, errors.New("too late for any trace")
		case to < 0:
			return 0, fmt.Errorf("at %s, which cannot come %s earlier: cut the beginning off with a slice (--from)",
				tracer.FormatDuration(at), tracer.FormatDuration(-by))
		default:
			return to, nil
		}
	}), nil
}

func (s *Stretch) build(c *compiler) (stage, error) {
	if err := checkFactor(s.Factor, maxTime); err != nil {
		return nil, err
	}
	times := retime(func(at time.Duration) (time.Duration, error) {
		to := scaled(at, s.Factor)
		if to == forever {
			return 0, errors.New("too late for any trace")
		}
		return to, nil
	})
	if !s.RunTimes {
		return times, nil
	}
	runs, err := (&ScaleRunTimes{Factor: s.Factor}).build(c)
	if err != nil {
		return nil, err
	}
	return func(r *run, in flow) (flow, error) {
		in, err := times(r, in)
		if err != nil {
			return nil, err
		}
		return runs(r, in)
	}, nil
}

// retime moves events in time without changing their order.
func retime(to func(time.Duration) (time.Duration, error)) stage {
	return func(_ *run, in flow) (flow, error) {
		t := &retimed{in: newPull(in), header: *in.head(), to: to}
		if t.header.HasDuration {
			d, err := to(t.header.Duration)
			if err != nil {
				return nil, fmt.Errorf("the end of the trace: %w", err)
			}
			t.header.Duration = d
		}
		return t, nil
	}
}

type retimed struct {
	in     pull
	header header
	to     func(time.Duration) (time.Duration, error)
}

func (t *retimed) head() *header { return &t.header }

func (t *retimed) next() (*moment, error) {
	m, err := t.in.next()
	if err != nil || m.start {
		return m, err
	}
	if m.at, err = t.to(m.at); err != nil {
		return nil, &tracer.Error{Pos: m.pos, Event: m.index, Err: err}
	}
	return m, nil
}
