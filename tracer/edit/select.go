package edit

import "fmt"

// Keep keeps the objects that an expression selects, and drops all others.
type Keep struct {
	Where string `json:"where"`
}

// Drop drops the objects that an expression selects.
type Drop struct {
	Where string `json:"where"`
}

// Sample keeps a fraction of the workloads, by a hash of their names, or that of
// the controller that owns them. Other objects all stay.
type Sample struct {
	// Where narrows the sampling: workloads that it does not select all stay.
	Where    string  `json:"where,omitempty"`
	Fraction float64 `json:"fraction"`
}

func (k *Keep) build(c *compiler) (stage, error) { return c.filter(k.Where, true) }

func (d *Drop) build(c *compiler) (stage, error) { return c.filter(d.Where, false) }

func (c *compiler) filter(where string, keep bool) (stage, error) {
	w, err := NewWhere(where)
	if err != nil {
		return nil, err
	}
	if w == nil {
		return nil, fmt.Errorf("an expression is missing: which objects?")
	}
	return func(_ *run, in flow) (flow, error) {
		return newCopies(in, "", func(m *moment, o object) (int, error) {
			matches, err := w.matches(m, o)
			if matches == keep {
				return 1, err
			}
			return 0, err
		}), nil
	}, nil
}

func (s *Sample) build(c *compiler) (stage, error) {
	if !(s.Fraction >= 0 && s.Fraction <= 1) {
		return nil, fmt.Errorf("the fraction %v: want a number from 0 to 1", s.Fraction)
	}
	w, err := NewWhere(s.Where)
	if err != nil {
		return nil, err
	}
	return func(_ *run, in flow) (flow, error) {
		return newCopies(in, "", func(m *moment, o object) (int, error) {
			if !arrives(o) {
				return 1, nil
			}
			matches, err := w.matches(m, o)
			if err != nil || !matches {
				return 1, err
			}
			return times(s.Fraction, chance(c.seed, ownerRef(o), "sample", 0)), nil
		}), nil
	}, nil
}
