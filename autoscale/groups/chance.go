package groups

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"

	"simk.dev/simk/autoscale/config"
)

// chance is one machine's own, so that what it draws follows from the seed and
// its name alone.
type chance struct{ r *rand.Rand }

func newChance(seed int64, name string) *chance {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return &chance{rand.New(rand.NewPCG(uint64(seed), h.Sum64()))}
}

// happens draws whether something of that probability does. It always draws.
func (c *chance) happens(probability float64) bool { return c.r.Float64() < probability }

// resolution is that of drawn durations: finer ones would look exact.
const resolution = time.Millisecond

// duration draws from a distribution.
func (c *chance) duration(d config.Duration) time.Duration {
	var drawn time.Duration
	switch d.Distribution {
	case config.DistributionUniform:
		drawn = d.Min.Duration + time.Duration(c.r.Float64()*float64(d.Max.Duration-d.Min.Duration))
	case config.DistributionNormal:
		drawn = d.Mean.Duration + time.Duration(c.r.NormFloat64()*float64(d.StandardDeviation.Duration))
	case config.DistributionExponential:
		drawn = c.exponential(float64(d.Mean.Duration))
	default:
		return d.Value
	}
	drawn = max(drawn, d.Min.Duration, 0)
	if d.Max.Duration > 0 {
		drawn = min(drawn, d.Max.Duration)
	}
	return drawn.Round(resolution)
}

// exponential draws from the distribution of that mean, in nanoseconds.
func (c *chance) exponential(mean float64) time.Duration {
	x := c.r.ExpFloat64() * mean
	return time.Duration(min(x, math.MaxInt64/4)).Round(resolution)
}
