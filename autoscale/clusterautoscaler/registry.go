package clusterautoscaler

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"simk.dev/simk/autoscale"
	"simk.dev/simk/autoscale/groups"
)

// groupState is what the autoscaler remembers and sees of a group.
type groupState struct {
	*groups.Group
	request *request
	backoff *backoff

	// of the current scan
	instances        []groups.Instance
	upcoming         []string // machines that were asked for and are not Ready
	unregistered     int
	longUnregistered int
	ready, unready   int
	notStarted       int
	deleting         int

	lastUp, lastDown, lastDownFailed time.Time // for scale-down-delay-type-local
}

// request is an increase whose machines have not all come.
type request struct {
	increase int
	deadline time.Time
}

// backoff keeps a group that failed from being asked again.
type backoff struct {
	until         time.Time
	duration      time.Duration
	code, message string
}

// observe takes stock of every group's machines.
func (a *Autoscaler) observe(now time.Time) {
	starting := map[string]bool{}
	for _, s := range a.groups {
		s.instances, s.upcoming = s.Instances(), nil
		s.unregistered, s.longUnregistered, s.ready, s.unready, s.notStarted, s.deleting = 0, 0, 0, 0, 0, 0
		for _, i := range s.instances {
			a.count(s, i, now)
			starting[i.Node] = i.State == groups.Registered
		}
	}
	a.unreadyNodes, a.readyNodes, a.startingNodes = 0, 0, 0
	for _, n := range a.cluster.nodes {
		switch {
		case beingDeleted(n.Node):
		case isReady(n.Node):
			a.readyNodes++
		case starting[n.Name]:
			a.startingNodes++
		default:
			a.unreadyNodes++
		}
	}
}

func (a *Autoscaler) count(s *groupState, i groups.Instance, now time.Time) {
	n := a.cluster.byName[i.Node]
	switch {
	case i.State == groups.Deleting || n != nil && beingDeleted(n.Node):
		s.deleting++
	case i.State == groups.Failed:
	case n == nil && i.State == groups.Creating && !now.Before(i.Requested.Add(a.options.maxProvisionTime)):
		s.longUnregistered++
	case n == nil:
		s.unregistered++
		s.upcoming = append(s.upcoming, i.Node)
		if i.State == groups.Creating {
			a.actsAt(i.Requested.Add(a.options.maxProvisionTime))
		}
	case isReady(n.Node):
		s.ready++
	case i.State == groups.Registered:
		s.notStarted++
		s.upcoming = append(s.upcoming, i.Node)
	default:
		s.unready++
	}
}

// settleRequests ends requests that are fulfilled, and backs off from those that
// took too long.
func (a *Autoscaler) settleRequests(now time.Time) {
	for _, s := range a.groups {
		if b := s.backoff; b != nil {
			if !now.Before(b.until.Add(a.options.backoff.reset)) {
				s.backoff = nil
			} else if now.Before(b.until) {
				a.dueAt(b.until)
			}
		}
		r := s.request
		switch {
		case r == nil:
		case len(s.upcoming)+s.longUnregistered == 0 && !s.hasFailed():
			s.request = nil
			if s.backoff != nil && !s.backedOff(now) {
				s.backoff = nil
			}
		case !now.Before(r.deadline):
			s.request = nil
			a.tell(a.statusRef(), corev1.EventTypeWarning, "ScaleUpTimedOut", fmt.Sprintf("Nodes added to group %s failed to register within %v", s.Name(), a.options.maxProvisionTime))
			a.backOff(s, now, "timeout", fmt.Sprintf("Scale-up timed out for node group %s after %v", s.Name(), a.options.maxProvisionTime))
		default:
			a.actsAt(r.deadline)
		}
	}
}

func (s *groupState) hasFailed() bool {
	for _, i := range s.instances {
		if i.State == groups.Failed {
			return true
		}
	}
	return false
}

func (s *groupState) backedOff(now time.Time) bool {
	return s.backoff != nil && now.Before(s.backoff.until)
}

// backOff keeps the group from growing for a while: longer if it failed before
// and had its chance since.
func (a *Autoscaler) backOff(s *groupState, now time.Time, code, message string) {
	duration := a.options.backoff.initial
	switch b := s.backoff; {
	case b == nil:
	case now.Before(b.until):
		duration = b.duration // machines that were asked for together fail together
	default:
		duration = min(2*b.duration, a.options.backoff.max)
	}
	s.backoff = &backoff{until: now.Add(duration), duration: duration, code: code, message: message}
	a.dueAt(s.backoff.until)
	a.record(autoscale.Decision{Kind: autoscale.Failed, Group: s.Name(), Reason: fmt.Sprintf("%s; the group backs off for %v", message, duration)})
}

// clean gives back machines that failed or did not register in time, and reports
// whether there were any.
func (a *Autoscaler) clean(now time.Time) bool {
	cleaned := false
	for _, s := range a.groups {
		room := s.Size() - s.Config().Min
		var failed, late []string
		var why *groups.Error
		for _, i := range s.instances {
			switch {
			case room <= 0:
			case i.State == groups.Failed:
				failed, why = append(failed, i.Node), i.Error
				room--
			case i.State == groups.Creating && !now.Before(i.Requested.Add(a.options.maxProvisionTime)):
				late = append(late, i.Node)
				room--
			}
		}
		if len(failed) > 0 {
			if !s.backedOff(now) {
				a.tell(a.statusRef(), corev1.EventTypeWarning, "ScaleUpFailed", fmt.Sprintf("Failed adding %d nodes to group %s due to %s; source errors: %s", len(failed), s.Name(), why.Code, why.Message))
				a.backOff(s, now, why.Code, why.Message)
			}
			if s.request != nil {
				if s.request.increase -= len(failed); s.request.increase <= 0 {
					s.request = nil
				}
			}
		}
		if len(late) > 0 {
			a.tell(a.statusRef(), corev1.EventTypeNormal, "DeleteUnregistered", fmt.Sprintf("Removing %d unregistered nodes of group %s", len(late), s.Name()))
		}
		if gone := append(failed, late...); len(gone) > 0 {
			cleaned = s.Delete(gone...) == nil || cleaned
		}
	}
	return cleaned
}

// asked remembers an increase.
func (a *Autoscaler) asked(s *groupState, delta int, now time.Time) {
	if s.request == nil {
		s.request = &request{}
	}
	s.request.increase += delta
	s.request.deadline = now.Add(a.options.maxProvisionTime)
	s.lastUp, a.lastUp = now, now
	a.actsAt(s.request.deadline)
}

// clusterHealthy says whether few enough nodes are unready for decisions.
func (a *Autoscaler) clusterHealthy() bool {
	return a.unreadyNodes <= a.options.okUnready ||
		float64(a.unreadyNodes) <= a.options.maxUnreadyPercentage/100*float64(len(a.cluster.nodes))
}

// healthy says the same of a group.
func (a *Autoscaler) healthy(s *groupState) bool {
	missing := s.unready + s.longUnregistered
	all := s.ready + s.unready + s.notStarted + s.longUnregistered
	return missing <= a.options.okUnready || float64(missing) <= a.options.maxUnreadyPercentage/100*float64(all)
}

// toBeDeleted is upstream's taint on nodes that go.
const toBeDeleted = "ToBeDeletedByClusterAutoscaler"

func beingDeleted(n *corev1.Node) bool {
	for i := range n.Spec.Taints {
		if n.Spec.Taints[i].Key == toBeDeleted {
			return true
		}
	}
	return false
}
