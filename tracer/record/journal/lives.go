package journal

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/kube"
)

// lifecycles are the lives of the pods of those objects that the trace has, in
// the order in which pods were bound.
func (s *scan) lifecycles(r *Recording, head []entry, start, end time.Time) []tracer.OwnerLifecycles {
	present := map[uint64]bool{}
	for _, e := range head {
		present[e.id] = true
	}
	for _, e := range r.entries {
		if e.op == opApply {
			present[e.id] = true
		}
	}
	owners := map[uint64]*tracer.OwnerLifecycles{}
	pods := map[uint64][]*podLife{}
	for _, p := range s.pods {
		if p.Bound.IsZero() || p.Bound.After(end) {
			continue
		}
		owner := s.top(p, present)
		id := identity(owner)
		if !present[id] {
			continue
		}
		if owners[id] == nil {
			owners[id] = &tracer.OwnerLifecycles{Owner: owner.object()}
		}
		pods[id] = append(pods[id], p)
	}
	var all []tracer.OwnerLifecycles
	for id, owner := range owners {
		owner.Pods = lives(pods[id], owner.Owner.Kind, start, end)
		if len(owner.Pods) > 0 {
			all = append(all, *owner)
		}
	}
	slices.SortFunc(all, func(a, b tracer.OwnerLifecycles) int {
		x, y := a.Owner, b.Owner
		return cmp.Or(strings.Compare(x.Namespace, y.Namespace), strings.Compare(x.Kind, y.Kind),
			strings.Compare(x.Name, y.Name), strings.Compare(x.APIVersion, y.APIVersion))
	})
	return all
}

// top is the top-level owner of a pod, the pod itself if it has none.
func (s *scan) top(p *podLife, present map[uint64]bool) Ref {
	self := Ref{"v1", "Pod", p.Namespace, p.Name}
	if p.Controller == nil || present[identity(self)] { // the latter: nothing makes it again
		return self
	}
	owner := *p.Controller
	for range 8 { // owners may own each other in a damaged recording
		above, found := s.owned[owner.UID]
		if !found {
			break
		}
		owner = above
	}
	if present[identity(owner.Ref)] {
		return owner.Ref
	}
	// What is between may have come and gone while the recorder saw nothing.
	between := kube.Identity{Group: kube.Group(owner.APIVersion), Kind: owner.Kind, Namespace: owner.Namespace, Name: owner.Name}
	guess, _ := between.OwnerByName(p.Hash)
	return Ref{owner.APIVersion, guess.Kind, guess.Namespace, guess.Name}
}

// lives are the lives of one owner's pods.
func lives(pods []*podLife, kind string, start, end time.Time) []tracer.Lifecycle {
	slices.SortFunc(pods, func(a, b *podLife) int { return cmp.Or(a.Bound.Compare(b.Bound), cmp.Compare(a.order, b.order)) })
	snapshot := !end.After(start)
	runToEnd := slices.ContainsFunc(pods, func(p *podLife) bool { return p.Ended && !p.Always })
	var all []tracer.Lifecycle
	for _, p := range pods {
		before := p.Ended && !p.RunEnd.After(start)
		switch {
		case before && p.Always: // evicted, for one: its controller had replaced it
		case before && kind == "CronJob" && !snapshot: // nothing runs it again
		case snapshot && !p.Ended && (runToEnd || p.Started.IsZero()):
			// How long it runs is not known; the others stand for it.
		default:
			all = append(all, life(p, start, end, before || snapshot))
		}
	}
	return all
}

// life is how a pod ran, seen from the start of the trace: one that ran before
// has run from then on, because a replay starts it then. whole does not cut it.
func life(p *podLife, start, end time.Time, whole bool) tracer.Lifecycle {
	cut := func(t time.Time) time.Time {
		if !whole && t.Before(start) {
			return start
		}
		return t
	}
	l := tracer.Lifecycle{Node: p.Node}
	if whole || !p.Created.Before(start) {
		l.Pending, l.HasPending = max(p.Bound.Sub(p.Created), 0), true
	}
	switch {
	case !p.Started.IsZero():
		l.StartDelay = max(cut(p.Started).Sub(cut(p.Bound)), 0)
	case !p.Ended:
		l.StartDelay = max(end.Sub(cut(p.Bound)), 0) // it did not start so far
	}
	crashes := p.Restarts - p.Before
	if whole {
		crashes = p.Restarts
	}
	switch {
	case p.Ended:
		l.HasRunFor, l.ExitCode, l.Restarts = true, p.ExitCode, max(crashes, 0)
		if !p.RunEnd.IsZero() {
			l.RunFor = max(p.RunEnd.Sub(cut(p.RunStart)), 0)
		}
	case crashes > 0 && p.Always:
		l.HasRunFor, l.RunFor, l.ExitCode, l.Restarts = true, p.Crashed, p.CrashCode, crashes
	}
	return l
}
