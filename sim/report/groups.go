package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"simk.dev/simk/sim/history"
)

// barePods is the owner under which pods without one are counted.
const barePods = "Pod/*"

// NoReason stands for the reason of a pending pod about which the scheduler
// has said nothing, for example because the run ended before it was tried.
const NoReason = "no message from the scheduler"

// reasons groups the pods pending at the end by what the scheduler said.
func reasons(h *history.History, lives []life) ([]Reason, OmittedReasons) {
	list := []Reason{}
	index := map[string]int{} // into list
	for i, p := range h.Pods {
		if !lives[i].pending() {
			continue
		}
		reason := cmp.Or(p.Reason, NoReason)
		at, known := index[reason]
		if !known {
			at = len(list)
			index[reason] = at
			list = append(list, Reason{Reason: reason})
		}
		list[at].Pods++
	}
	slices.SortFunc(list, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Pods, a.Pods), cmp.Compare(a.Reason, b.Reason))
	})
	listed, rest := split(list, maxReasons)
	omitted := OmittedReasons{Reasons: len(rest)}
	for _, r := range rest {
		omitted.Pods += r.Pods
	}
	return listed, omitted
}

type ownerKey struct{ namespace, owner string }

// shownOwner is the owner under which the report counts a pod: bare pods of a
// namespace together.
func shownOwner(namespace, owner string) ownerKey {
	if strings.HasPrefix(owner, "Pod/") {
		owner = barePods
	}
	return ownerKey{namespace, owner}
}

// ownerSum is an Owner while its pods are being added up.
type ownerSum struct {
	Owner
	waited  area
	longest time.Duration
}

// owners groups all pods by their workload.
func owners(h *history.History, lives []life) ([]Owner, OmittedOwners) {
	var sums []*ownerSum
	index := map[ownerKey]*ownerSum{}
	for i, p := range h.Pods {
		key := shownOwner(p.Namespace, p.Owner)
		sum := index[key]
		if sum == nil {
			sum = &ownerSum{Owner: Owner{Namespace: key.namespace, Owner: key.owner}}
			index[key] = sum
			sums = append(sums, sum)
		}
		sum.add(lives[i])
	}
	slices.SortFunc(sums, func(a, b *ownerSum) int {
		return cmp.Or(
			cmp.Compare(b.Created, a.Created),
			cmp.Compare(a.Namespace, b.Namespace),
			cmp.Compare(a.Owner.Owner, b.Owner.Owner),
		)
	})
	listed, rest := split(sums, maxOwners)
	list := make([]Owner, len(listed))
	for i, sum := range listed {
		list[i] = sum.figures()
	}
	omitted := OmittedOwners{Owners: len(rest)}
	for _, sum := range rest {
		omitted.Created += sum.Created
		omitted.Bound += sum.Bound
		omitted.Succeeded += sum.Succeeded
		omitted.Failed += sum.Failed
		omitted.PendingAtEnd += sum.PendingAtEnd
	}
	return list, omitted
}

func (o *ownerSum) add(l life) {
	o.Created++
	o.Succeeded += one(l.succeeded)
	o.Failed += one(l.failed)
	o.PendingAtEnd += one(l.pending())
	if came(l.bound) {
		o.Bound++
		o.waited.add(1, l.wait())
		o.longest = max(o.longest, l.wait())
	}
}

func (o *ownerSum) figures() Owner {
	if o.Bound > 0 {
		o.PendingSecondsMean = o.waited.over(int64(o.Bound) * int64(time.Second))
		o.PendingSecondsMax = seconds(o.longest)
	}
	return o.Owner
}

// split cuts a list behind its first n elements.
func split[T any](list []T, n int) (listed, rest []T) {
	n = min(n, len(list))
	return list[:n], list[n:]
}
