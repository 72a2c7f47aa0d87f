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

// ownedByDaemonSet says whether a pod is there because its node is.
func ownedByDaemonSet(p *history.Pod) bool { return strings.HasPrefix(p.Owner, "DaemonSet/") }

// shareSum is a Share while its pods are being added up.
type shareSum struct {
	ownerKey
	Share
	waited  area
	longest time.Duration
}

// shares groups all pods by a key, and returns the groups with most pods first,
// then by namespace and owner.
func shares(h *history.History, lives []life, keyOf func(*history.Pod) ownerKey) []*shareSum {
	var sums []*shareSum
	index := map[ownerKey]*shareSum{}
	for i, p := range h.Pods {
		key := keyOf(p)
		sum := index[key]
		if sum == nil {
			sum = &shareSum{ownerKey: key}
			index[key] = sum
			sums = append(sums, sum)
		}
		sum.add(lives[i])
	}
	slices.SortFunc(sums, func(a, b *shareSum) int {
		return cmp.Or(
			cmp.Compare(b.Created, a.Created),
			cmp.Compare(a.namespace, b.namespace),
			cmp.Compare(a.owner, b.owner),
		)
	})
	return sums
}

// owners groups all pods by their workload.
func owners(h *history.History, lives []life) ([]Owner, OmittedOwners) {
	sums := shares(h, lives, func(p *history.Pod) ownerKey { return shownOwner(p.Namespace, p.Owner) })
	listed, rest := split(sums, maxOwners)
	list := make([]Owner, len(listed))
	for i, sum := range listed {
		list[i] = Owner{Owner: sum.owner, Namespace: sum.namespace, Share: sum.figures()}
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

// namespaces groups all pods by namespace, by name.
func namespaces(h *history.History, lives []life) []Namespace {
	sums := shares(h, lives, func(p *history.Pod) ownerKey { return ownerKey{namespace: p.Namespace} })
	listed, _ := split(sums, maxNamespaces)
	list := make([]Namespace, len(listed))
	for i, sum := range listed {
		list[i] = Namespace{Namespace: sum.namespace, Share: sum.figures()}
	}
	slices.SortFunc(list, func(a, b Namespace) int { return cmp.Compare(a.Namespace, b.Namespace) })
	return list
}

func (s *shareSum) add(l life) {
	s.Created++
	s.Succeeded += one(l.succeeded)
	s.Failed += one(l.failed)
	s.PendingAtEnd += one(l.pending())
	if came(l.bound) {
		s.Bound++
		s.waited.add(1, l.wait())
		s.longest = max(s.longest, l.wait())
	}
}

func (s *shareSum) figures() Share {
	if s.Bound > 0 {
		s.PendingSecondsMean = s.waited.over(int64(s.Bound) * int64(time.Second))
		s.PendingSecondsMax = seconds(s.longest)
	}
	return s.Share
}

// split cuts a list behind its first n elements.
func split[T any](list []T, n int) (listed, rest []T) {
	n = min(n, len(list))
	return list[:n], list[n:]
}
