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
	// MissingOwners are those that only one of the two runs has figures of, with the most pods
	// left pending, then failed, then the longest waits first: nothing there is better or worse.
	MissingOwners []MissingOwner `json:"missingOwners"`
	// Pods are compared by name, of the first seed; pods with generated names
	// have no counterpart where the names differ.
	PodsCompared int         `json:"podsCompared"`
	PodsBetter   int         `json:"podsBetter"`
	PodsWorse    int         `json:"podsWorse"`
	BetterPods   []PodChange `json:"betterPods"`
	WorsePods    []PodChange `json:"worsePods"`
}

// MissingOwner is an owner of one run alone.
type MissingOwner struct {
	Owner string `json:"owner"` // NAMESPACE/KIND/NAME
	// Run is the one that has no figures of it. Unlisted says that it may have had such pods:
	// its report lists 100 owners, and there were more.
	Run      string `json:"run"`
	Unlisted bool   `json:"unlisted,omitempty"`
	// The figures are those of the other run, as in OwnerChange.
	PendingAtEnd       float64 `json:"pendingAtEnd"`
	Failed             float64 `json:"failed"`
	PendingSecondsMean float64 `json:"pendingSecondsMean"`
}

// OwnerChange is an owner's figures in two runs, over the seeds in which it is.
type OwnerChange struct {
	Owner string `json:"owner"` // NAMESPACE/KIND/NAME
	// PendingAtEnd, Failed and PendingSecondsMean are first of the first run. PendingSecondsMean
	// is -1 where no pod was bound.
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
	c := Change{
		Run: run.Name, BetterOwners: []OwnerChange{}, WorseOwners: []OwnerChange{}, MissingOwners: []MissingOwner{},
		BetterPods: []PodChange{}, WorsePods: []PodChange{},
	}
	c.owners(base, run)
	c.pods(base.Pods, run.Pods)
	return c
}

// ownerSum adds up what the reports of two runs, one for each seed, say of an owner.
type ownerSum struct {
	OwnerChange
	reports [2]int // that have the owner
	bound   [2]int // of these, in which a pod of it was bound
}

func (o *ownerSum) add(side int, f *report.Owner) {
	o.reports[side]++
	o.PendingAtEnd[side] += float64(f.PendingAtEnd)
	o.Failed[side] += float64(f.Failed)
	if f.Bound > 0 {
		o.bound[side]++
		o.PendingSecondsMean[side] += f.PendingSecondsMean
	}
}

// mean turns sums into means.
func (o *ownerSum) mean() {
	for side := range 2 {
		n := float64(max(o.reports[side], 1))
		o.PendingAtEnd[side], o.Failed[side] = round(o.PendingAtEnd[side]/n), round(o.Failed[side]/n)
		if o.bound[side] == 0 {
			o.PendingSecondsMean[side] = -1
			continue
		}
		o.PendingSecondsMean[side] = round(o.PendingSecondsMean[side] / float64(o.bound[side]))
	}
}

// owners finds the owners that fared better or worse. What counts first is pods
// left pending, then failed ones, then how long they waited.
func (c *Change) owners(base, run Run) {
	var all []*ownerSum
	index := map[string]*ownerSum{}
	for side, reports := range [][]*report.Report{base.Reports, run.Reports} {
		for _, r := range reports {
			for i := range r.Owners {
				key := r.Owners[i].Namespace + "/" + r.Owners[i].Owner
				if index[key] == nil {
					index[key] = &ownerSum{OwnerChange: OwnerChange{Owner: key}}
					all = append(all, index[key])
				}
				index[key].add(side, &r.Owners[i])
			}
		}
	}
	for _, o := range all {
		o.mean()
	}
	slices.SortStableFunc(all, func(a, b *ownerSum) int { return cmp.Or(a.compare(&b.OwnerChange), cmp.Compare(a.Owner, b.Owner)) })
	for _, o := range all {
		switch by := o.worseBy(); {
		case o.reports[0] == 0:
			c.missing(o, 1, base)
		case o.reports[1] == 0:
			c.missing(o, 0, run)
		case by == [3]float64{}:
		case o.compare(&OwnerChange{}) < 0:
			c.WorseOwners = append(c.WorseOwners, o.OwnerChange)
		default:
			c.BetterOwners = append(c.BetterOwners, o.OwnerChange)
		}
	}
	slices.Reverse(c.BetterOwners) // the most first
	slices.SortStableFunc(c.MissingOwners, func(a, b MissingOwner) int {
		return cmp.Or(cmp.Compare(b.PendingAtEnd, a.PendingAtEnd), cmp.Compare(b.Failed, a.Failed),
			cmp.Compare(b.PendingSecondsMean, a.PendingSecondsMean), cmp.Compare(a.Owner, b.Owner))
	})
	c.WorseOwners = c.WorseOwners[:min(len(c.WorseOwners), maxChanges)]
	c.BetterOwners = c.BetterOwners[:min(len(c.BetterOwners), maxChanges)]
	c.MissingOwners = c.MissingOwners[:min(len(c.MissingOwners), maxChanges)]
}

// missing notes an owner that one side has and the run without does not.
func (c *Change) missing(o *ownerSum, side int, without Run) {
	c.MissingOwners = append(c.MissingOwners, MissingOwner{
		Owner: o.Owner, Run: without.Name,
		Unlisted:     slices.ContainsFunc(without.Reports, func(r *report.Report) bool { return r.OwnersOmitted.Owners > 0 }),
		PendingAtEnd: o.PendingAtEnd[side], Failed: o.Failed[side], PendingSecondsMean: o.PendingSecondsMean[side],
	})
}

func (o *OwnerChange) worseBy() [3]float64 {
	by := [3]float64{round(o.PendingAtEnd[1] - o.PendingAtEnd[0]), round(o.Failed[1] - o.Failed[0])}
	if o.PendingSecondsMean[0] >= 0 && o.PendingSecondsMean[1] >= 0 { // no pod bound: nothing to compare
		by[2] = round(o.PendingSecondsMean[1] - o.PendingSecondsMean[0])
	}
	return by
}

// compare puts the one that got worse by more first.
func (o *OwnerChange) compare(other *OwnerChange) int {
	a, b := o.worseBy(), other.worseBy()
	return slices.Compare(b[:], a[:])
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
