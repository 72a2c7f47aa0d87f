package karpenter

import corev1 "k8s.io/api/core/v1"

// tolerance is what sums may be wrong by, as a share.
const tolerance = 1e-9

// amounts are of resources, by their number in an index.
type amounts []float64

// index gives each resource a number.
type index map[corev1.ResourceName]int

// of turns a list into amounts.
func (x index) of(list corev1.ResourceList) amounts {
	a := make(amounts, len(x), len(x)+len(list))
	for name, q := range list {
		i, ok := x[name]
		if !ok {
			i = len(x)
			x[name] = i
			a = append(a, 0)
		}
		a[i] = q.AsApproximateFloat64()
	}
	return a
}

func (a amounts) at(i int) float64 {
	if i < len(a) {
		return a[i]
	}
	return 0
}

func (a amounts) plus(b amounts) amounts {
	return a.with(b, func(x, y float64) float64 { return x + y })
}

func (a amounts) minus(b amounts) amounts {
	return a.with(b, func(x, y float64) float64 { return x - y })
}

// least is the smaller of each, or b if there is no a yet.
func (a amounts) least(b amounts) amounts {
	if a == nil {
		return b
	}
	return a.with(b, func(x, y float64) float64 { return min(x, y) })
}

func (a amounts) with(b amounts, f func(x, y float64) float64) amounts {
	sum := make(amounts, max(len(a), len(b)))
	for i := range sum {
		sum[i] = f(a.at(i), b.at(i))
	}
	return sum
}

// within says whether nothing of a is more than in b.
func (a amounts) within(b amounts) bool {
	for i, v := range a {
		if v > b.at(i)+tolerance*(v+b.at(i)) {
			return false
		}
	}
	return true
}
