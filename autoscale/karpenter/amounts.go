package karpenter

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/karpenter/pkg/utils/resources"
)

// tolerance is what sums may be wrong by, as a share.
const tolerance = 1e-9

// of turns a list into amounts.
func (p *prospect) of(list corev1.ResourceList) amounts {
	a := make(amounts, len(p.index), len(p.index)+len(list))
	for name, q := range list {
		i, ok := p.index[name]
		if !ok {
			i = len(p.index)
			p.index[name] = i
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

// requests remember what pods ask for: to add up their containers is most of the work.
type requests struct {
	before, now map[types.UID]podRequest
}

type podRequest struct {
	version string
	list    corev1.ResourceList
}

func (r *requests) of(p *corev1.Pod) corev1.ResourceList {
	known, ok := r.before[p.UID]
	if !ok || known.version != p.ResourceVersion {
		known = podRequest{p.ResourceVersion, resources.RequestsForPods(p)}
	}
	r.now[p.UID] = known
	return known.list
}
