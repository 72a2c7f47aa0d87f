package csv

import (
	"strconv"
	"time"

	"simk.dev/simk/tracer/formats/internal/table"
)

// clock collects arrivals. They are all offsets, or all instants.
type clock struct {
	column   string
	offsets  []time.Duration
	instants []time.Time
	first    time.Time // of the instants
}

// read reads the arrival of a row.
func (c *clock) read(r *table.Reader) {
	s := r.Text(c.column)
	t, err := time.Parse(time.RFC3339, s)
	switch {
	case err == nil && len(c.offsets) > 0, err != nil && len(c.instants) > 0:
		r.Fail(c.column, "%s: %.60q: either all rows have an instant or none has", c.column, s)
	case err == nil:
		r.Near(c.column, t)
		if len(c.instants) == 0 || t.Before(c.first) {
			c.first = t
		}
		c.instants = append(c.instants, t)
	default:
		c.offsets = append(c.offsets, span(r, c.column, s))
	}
}

// start returns the second of the first instant, zero if there are offsets.
func (c *clock) start() time.Time { return c.first.UTC().Truncate(time.Second) }

// at returns the offset of the i-th row.
func (c *clock) at(i int) time.Duration {
	if len(c.instants) == 0 {
		return c.offsets[i]
	}
	return c.instants[i].Sub(c.start())
}

// span reads seconds or a duration, not negative.
func span(r *table.Reader, column, s string) time.Duration {
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return r.Seconds(column)
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > table.MaxSpan {
		r.Fail(column, `%s: %.60q is not seconds or a duration such as "1h30m", up to %d years`, column, s, table.MaxSpan/(365*24*time.Hour))
		return 0
	}
	return d
}
