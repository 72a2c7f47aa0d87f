package table

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
)

// values keeps the first fault of a file's values.
type values struct {
	path     string
	err      error
	position func(field int) (line, column int)
}

// Err returns the first fault, nil if there was none.
func (v *values) Err() error { return v.err }

func (v *values) fail(field int, msg string) {
	if v.err == nil {
		line, column := v.position(field)
		v.err = fault(v.path, line, column, msg, nil)
	}
}

// MaxSpan is the longest time that an importer takes, as an offset or as a run
// time: 60 years. Instants behind the latest start are then still representable.
const MaxSpan = 60 * 365 * 24 * time.Hour

func (v *values) integer(field int, name, s string, least, most int64) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < least || n > most {
		v.fail(field, fmt.Sprintf("%s: %s is not a whole number from %d to %d", name, shorten(s), least, most))
		return least
	}
	return n
}

func (v *values) number(field int, name, s string, least, most float64) float64 {
	f, err := strconv.ParseFloat(s, 64)
	// Written so that NaN fails.
	if err != nil || !(f >= least && f <= most) {
		v.fail(field, fmt.Sprintf("%s: %s is not a number from %g to %g", name, shorten(s), least, most))
		return least
	}
	return f
}

func (v *values) seconds(field int, name, s string, least time.Duration) time.Duration {
	f := v.number(field, name, s, least.Seconds(), MaxSpan.Seconds())
	whole, rest := math.Modf(f)
	return time.Duration(whole)*time.Second + time.Duration(math.Round(rest*1e9))
}

// Int returns a whole number from least to most.
func (r *Reader) Int(column string, least, most int64) int64 {
	return r.integer(r.columns[column], column, r.Text(column), least, most)
}

// Float returns a number from least to most.
func (r *Reader) Float(column string, least, most float64) float64 {
	return r.number(r.columns[column], column, r.Text(column), least, most)
}

// Seconds returns a number of seconds, not negative, as a duration.
func (r *Reader) Seconds(column string) time.Duration {
	return r.seconds(r.columns[column], column, r.Text(column), 0)
}

// Instant returns an instant written in one of those layouts of package time.
// Without a zone it is UTC.
func (r *Reader) Instant(column string, layouts ...string) time.Time {
	s := r.Text(column)
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	r.Fail(column, "%s: %s is not an instant such as %q", column, shorten(s), layouts[0])
	return time.Time{}
}

// Name returns the name of an object (RFC 1123 subdomain).
func (r *Reader) Name(column string) string {
	s := r.Text(column)
	if p := validation.IsDNS1123Subdomain(s); len(p) > 0 {
		r.Fail(column, "%s: %s is not a name that Kubernetes accepts: %s", column, shorten(s), p[0])
		return ""
	}
	return strings.Clone(s)
}

// Namespace returns the name of a namespace (RFC 1123 label).
func (r *Reader) Namespace(column string) string {
	s := r.Text(column)
	if p := validation.IsDNS1123Label(s); len(p) > 0 {
		r.Fail(column, "%s: %s is not a namespace that Kubernetes accepts: %s", column, shorten(s), p[0])
		return ""
	}
	return strings.Clone(s)
}

// Label returns the value of a label; empty is one.
func (r *Reader) Label(column string) string {
	s := r.Text(column)
	r.CheckLabel(column, s)
	return strings.Clone(s)
}

// CheckLabel faults the column if s, a part of it, cannot be the value of a label.
func (r *Reader) CheckLabel(column, s string) {
	if p := validation.IsValidLabelValue(s); len(p) > 0 {
		r.Fail(column, "%s: %s cannot be the value of a label: %s", column, shorten(s), p[0])
	}
}

// Quantity returns an amount as Kubernetes writes it, "" where there is none.
// Whole says that it must be a whole number, as extended resources are.
func (r *Reader) Quantity(column string, whole bool) string {
	s := r.Text(column)
	if s == "" {
		return ""
	}
	problem := BadQuantity(s, whole)
	if problem != "" {
		r.Fail(column, "%s: %s %s", column, shorten(s), problem)
	}
	return strings.Clone(s)
}

// BadQuantity says what is wrong with an amount.
func BadQuantity(s string, whole bool) string {
	// A long text or exponent would make a number of as many digits.
	if len(s) > 24 || longExponent(s) {
		return "is too long for a quantity"
	}
	q, err := resource.ParseQuantity(s)
	switch {
	case err != nil:
		return `is not a quantity such as "2", "500m" or "4Gi"`
	case q.Sign() < 0:
		return "is negative"
	case q.CmpInt64(math.MaxInt64/1000) > 0:
		return "is too large"
	case whole && q.MilliValue()%1000 != 0:
		return "is not a whole number, as this resource wants"
	}
	return ""
}

func longExponent(s string) bool {
	i := strings.IndexAny(s, "eE")
	return i >= 0 && len(strings.TrimLeft(s[i+1:], "+-0")) > 2
}

// Near faults the column unless instant t, a value of it, lies within MaxSpan of
// those before: their distances are then durations.
func (r *Reader) Near(column string, t time.Time) {
	if r.err != nil {
		return
	}
	if r.rows == 1 {
		r.earliest, r.latest = t, t
	}
	if t.Before(r.earliest) {
		r.earliest = t
	}
	if t.After(r.latest) {
		r.latest = t
	}
	if r.latest.Sub(r.earliest) > MaxSpan {
		r.Fail(column, "%s: %s is more than %d years away from other rows", column, shorten(r.Text(column)), MaxSpan/(365*24*time.Hour))
	}
}
