package csv

import (
	"strconv"
	"time"

	"simk.dev/simk/tracer/formats/internal/table"
)

// clock reads arrivals. They are all offsets, or all instants, which become
// offsets from that of the first row.
type clock struct {
	column       string
	rows         int
	instants     bool
	first, least time.Time // of the instants
}

// read reads the arrival of a row.
func (c *clock) read(r *table.Reader) time.Duration {
	s := r.Text(c.column)
	t, err := time.Parse(time.RFC3339, s)
	instant := err == nil
	if c.rows++; c.rows == 1 {
		c.instants, c.first, c.least = instant, t, t
	}
	switch {
	case instant != c.instants:
		r.Fail(c.column, "%s: %.60q: either all rows have an instant or none has", c.column, s)
	case instant:
		r.Near(c.column, t)
		if t.Before(c.least) {
			c.least = t
		}
		return t.Sub(c.first)
	default:
		return span(r, c.column, s)
	}
	return 0
}

// start returns the second of the first instant in time, zero if there are
// offsets.
func (c *clock) start() time.Time { return c.least.UTC().Truncate(time.Second) }

// shift is how much the offsets that were read are less than those from start.
func (c *clock) shift() time.Duration {
	if !c.instants {
		return 0
	}
	return c.first.Sub(c.start())
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
