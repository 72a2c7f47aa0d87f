package report

import (
	"cmp"
	"math/big"
	"math/bits"
	"time"
)

// area is a sum of products such as bytes x nanoseconds, in 128 bits. Whole
// numbers make the sum independent of its order and of the processor: floats
// would differ where multiply and add are fused (arm64), and 64 bits would
// overflow (5,000 nodes of 1 TiB over a minute already do). The largest
// amount of a resource over the longest duration that package time has still
// fits four times.
type area struct{ hi, lo uint64 }

// add adds amount x span; nothing when one of them is not positive.
func (a *area) add(amount int64, span time.Duration) {
	if amount <= 0 || span <= 0 {
		return
	}
	hi, lo := bits.Mul64(uint64(amount), uint64(span))
	a.plus(area{hi, lo})
}

// plus adds another area.
func (a *area) plus(b area) {
	var carry uint64
	a.lo, carry = bits.Add64(a.lo, b.lo, 0)
	a.hi, _ = bits.Add64(a.hi, b.hi, carry)
}

// times returns the area n times; n is not negative.
func (a area) times(n int64) area {
	hi, lo := bits.Mul64(a.lo, uint64(n))
	return area{hi + a.hi*uint64(n), lo}
}

// compare is negative when a is the smaller one, positive when it is the larger.
func (a *area) compare(b area) int {
	return cmp.Or(cmp.Compare(a.hi, b.hi), cmp.Compare(a.lo, b.lo))
}

func (a *area) isZero() bool { return a.hi == 0 && a.lo == 0 }

func (a *area) int() *big.Int {
	n := new(big.Int).SetUint64(a.hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(a.lo))
}

// over returns the area divided by a positive whole number.
func (a *area) over(divisor int64) float64 { return ratio(a.int(), big.NewInt(divisor)) }

// ratio returns num/den rounded to six decimals, halves upwards; zero when den
// is zero. It is where all figures that are not counts become floats: rounding
// and division are done in whole numbers, and the result is the float nearest
// to the decimal, the same one everywhere.
func ratio(num, den *big.Int) float64 {
	if den.Sign() == 0 {
		return 0
	}
	n := new(big.Int).Mul(num, big.NewInt(2_000_000))
	n.Add(n, den)
	n.Quo(n, new(big.Int).Lsh(den, 1))
	f, _ := new(big.Rat).SetFrac(n, big.NewInt(1_000_000)).Float64()
	return f
}

// seconds returns a duration in seconds, rounded to six decimals.
func seconds(d time.Duration) float64 {
	return ratio(big.NewInt(int64(d)), big.NewInt(int64(time.Second)))
}

// fraction is num/den with a positive den, compared exactly.
type fraction struct{ num, den int64 }

func (f fraction) less(g fraction) bool {
	fhi, flo := bits.Mul64(uint64(f.num), uint64(g.den))
	ghi, glo := bits.Mul64(uint64(g.num), uint64(f.den))
	return fhi < ghi || fhi == ghi && flo < glo
}

func (f fraction) float() float64 { return ratio(big.NewInt(f.num), big.NewInt(f.den)) }
