package report

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"
)

// HumanSeconds writes a duration as people say it, with the two units that
// matter: 350ms, 1.5s, 3m12s, 3h12m, 2d3h. It rounds before it chooses the
// units, so that 59.99s is 1m and not 60s.
func HumanSeconds(s float64) string {
	d := time.Duration(math.Round(s*1e6)) * time.Microsecond
	switch {
	case d == 0:
		return "0s"
	case d < time.Millisecond:
		return strconv.FormatInt(d.Microseconds(), 10) + "µs"
	case d.Round(time.Millisecond) < time.Second:
		return strconv.FormatInt(d.Round(time.Millisecond).Milliseconds(), 10) + "ms"
	case d.Round(100*time.Millisecond) < time.Minute:
		return strconv.FormatFloat(d.Round(100*time.Millisecond).Seconds(), 'f', -1, 64) + "s"
	case d.Round(time.Second) < time.Hour:
		return twoUnits(d, time.Minute, "m", time.Second, "s")
	case d.Round(time.Minute) < 48*time.Hour:
		return twoUnits(d, time.Hour, "h", time.Minute, "m")
	default:
		return twoUnits(d, 24*time.Hour, "d", time.Hour, "h")
	}
}

// twoUnits writes d rounded to the small unit, which is left out when zero.
func twoUnits(d, large time.Duration, largeName string, small time.Duration, smallName string) string {
	d = d.Round(small)
	s := strconv.FormatInt(int64(d/large), 10) + largeName
	if rest := d % large; rest > 0 {
		s += strconv.FormatInt(int64(rest/small), 10) + smallName
	}
	return s
}

// count writes a number of things: 1 pod, 1,067 pods.
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%s %s", thousands(n), what)
}

// thousands writes a number with a comma after each three digits.
func thousands(n int) string { return humanize.Comma(int64(n)) }
