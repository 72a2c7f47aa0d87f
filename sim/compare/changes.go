package compare

import (
	"cmp"
	"math"
	"slices"

	"simk.dev/simk/sim/report"
)

// maxChanges bounds the owners and pods that are named on either side.
const maxChanges = 10

// Change tells which owners and pods fared better or worse in a run than in the
// first one.
type Change struct {
	Run string `json:"run"`
	// Owners are those with the largest differences, over the means of the seeds.
	BetterOwners []OwnerChange `json:"betterOwners"`
	WorseOwners  []OwnerChange `json:"worseOwners"`
	// Pods are compared by name, of the first seed; pods with generated names
	// have no counterpart where the names differ.
	PodsCompared int         `json:"podsCompared"`
	PodsBetter   int         `json:"podsBetter"`
	PodsWorse    int         `json:"podsWorse"`
	BetterPods   []PodChange `json:"betterPods"`
	WorsePods    []PodChange `json:"worsePods"`
}

// OwnerChange is an owner's figures in two runs.
type OwnerChange struct {
	Owner string `json:"owner"` // NAMESPACE/KIND/NAME
	// PendingAtEnd, Failed and PendingSecondsMean are first of the first run.
	PendingAtEnd       [2]float64 `json:"pendingAtEnd"`
	Failed             [2]float64 `json:"failed"`
	PendingSecondsMean [2]float64 `json:"pendingSecondsMean"`
}

// PodChange is a pod's waiting time in two runs, in seconds; -1: never bound.
type PodChange struct {
	Pod    string     `json:"pod"`
	Waited [2]float64 `json:"waited"`
}

func changeOf(base, run Run) Change {
	c := Change{Run: run.Name, BetterOwners: []OwnerChange{}, WorseOwners: []OwnerChange{}, BetterPods: []PodChange{}, WorsePods: []PodChange{}}
	c.owners(base.Reports, run.Reports)
	c.pods(base.Pods, run.Pods)
	return c
}

// owners finds the owners that fared better or worse. What counts first is pods
// left pending, then failed ones, then how long they waited.
func (c *Change) owners(base, run []*report.Report) {
	var all []*OwnerChange
	index := map[string]*OwnerChange{}
	for side, reports := range [][]*report.Report{base, run} {
		for _, r := range reports {
			for i := range r.Owners {
				o := &r.Owners[i]
				key := o.Namespace + "/" + o.Owner
				if index[key] == nil {
					index[key] = &OwnerChange{Owner: key}
					all = append(all, index[key])
				}
				change, share := index[key], 1/float64(len(reports))
				change.PendingAtEnd[side] += float64(o.PendingAtEnd) * share
				change.Failed[side] += float64(o.Failed) * share
				change.PendingSecondsMean[side] += o.PendingSecondsMean * share
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *OwnerChange) int { return cmp.Or(a.compare(b), cmp.Compare(a.Owner, b.Owner)) })
	for _, o := range all {
		o.round()
		if o.worseBy() == [3]float64{} {
			continue
		}
		if o.compare(&OwnerChange{}) < 0 {
			c.WorseOwners = append(c.WorseOwners, *o)
		} else {
			c.BetterOwners = append(c.BetterOwners, *o)
		}
	}
	slices.Reverse(c.BetterOwners) // the most first
	c.WorseOwners = c.WorseOwners[:min(len(c.WorseOwners), maxChanges)]
	c.BetterOwners = c.BetterOwners[:min(len(c.BetterOwners), maxChanges)]
}

func (o *OwnerChange) worseBy() [3]float64 {
	return [3]float64{
		round(o.PendingAtEnd[1] - o.PendingAtEnd[0]),
		round(o.Failed[1] - o.Failed[0]),
		round(o.PendingSecondsMean[1] - o.PendingSecondsMean[0]),
	}
}

// compare puts the one that got worse by more first.
func (o *OwnerChange) compare(other *OwnerChange) int {
	a, b := o.worseBy(), other.worseBy()
	return slices.Compare(b[:], a[:])
}

func (o *OwnerChange) round() {
	for side := range 2 {
		o.PendingAtEnd[side] = round(o.PendingAtEnd[side])
		o.Failed[side] = round(o.Failed[side])
		o.PendingSecondsMean[side] = round(o.PendingSecondsMean[side])
	}
}

// pods compares how long the pods waited that are in both runs under one name.
func (c *Change) pods(base, run []Pod) {
	before := make(map[string]Pod, len(base))
	for _, p := range base {
		before[p.Key] = p
	}
	var all []PodChange
	for _, p := range run {
		b, ok := before[p.Key]
		if !ok {
			continue
		}
		delete(before, p.Key) // a name used twice counts once
		c.PodsCompared++
		change := PodChange{Pod: p.Key, Waited: [2]float64{b.waited(), p.waited()}}
		switch by := change.worseBy(); {
		case by > 0:
			c.PodsWorse++
			all = append(all, change)
		case by < 0:
			c.PodsBetter++
			all = append(all, change)
		}
	}
	slices.SortStableFunc(all, func(a, b PodChange) int {
		return cmp.Or(cmp.Compare(b.worseBy(), a.worseBy()), cmp.Compare(a.Pod, b.Pod))
	})
	c.WorsePods = append(c.WorsePods, all[:min(c.PodsWorse, maxChanges)]...)
	slices.Reverse(all)
	c.BetterPods = append(c.BetterPods, all[:min(c.PodsBetter, maxChanges)]...)
}

// waited is how long a pod waited, -1 if it was never bound.
func (p Pod) waited() float64 {
	if !p.Bound {
		return -1
	}
	return p.Waited
}

// worseBy is how much longer the pod waited; never to be bound is longest.
func (p PodChange) worseBy() float64 {
	length := func(w float64) float64 {
		if w < 0 {
			return math.MaxFloat64
		}
		return w
	}
	return length(p.Waited[1]) - length(p.Waited[0])
}
