package clusterautoscaler

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"simk.dev/simk/autoscale/groups"
)

// groupState is what the autoscaler remembers and sees of a group: upstream's
// cluster state registry.
type groupState struct {
	*groups.Group
	options groupOptions
	request *request
	backoff *backoff
	// since is when a scan first saw a machine that has no node, by its node's name;
	// failures are machines whose failure was seen.
	since    map[string]time.Time
	failures map[string]bool

	// of the current scan
	instances        []groups.Instance
	unregistered     []string
	longUnregistered []string
	failed           []groups.Instance
	ready, unready   int
	notStarted       []string

	lastUp, lastDown, lastDownFailed time.Time // for scale-down-delay-type-local
}

// request is an increase whose machines have not all come.
type request struct {
	increase int
	deadline time.Time
}

// observe takes stock of every group's machines and of all nodes.
func (a *Autoscaler) observe(now time.Time) {
	a.upcoming = map[string]bool{}
	a.unreadyNodes, a.readyNodes, a.startingNodes = 0, 0, 0
	for _, n := range a.cluster.nodes {
		limit := a.options.group.startupTime
		if s := a.groupOf(n.Name); s != nil {
			limit = s.options.startupTime
		}
		switch {
		case n.ready:
			a.readyNodes++
		case n.starting(now, limit):
			a.startingNodes++
			a.dueAt(n.CreationTimestamp.Add(limit))
		default:
			a.unreadyNodes++
		}
	}
	for _, s := range a.groups {
		a.recount(s, now)
	}
}

func (a *Autoscaler) count(s *groupState, i groups.Instance, before map[string]time.Time, now time.Time) {
	n := a.cluster.byName[i.Node]
	switch {
	case i.State == groups.Failed:
		s.failed = append(s.failed, i)
	case n == nil && i.State == groups.Deleting:
	case n == nil:
		since, seen := before[i.Node]
		if !seen {
			since = now
		}
		s.since[i.Node] = since
		if end := since.Add(s.options.maxProvisionTime); now.Before(end) {
			s.unregistered = append(s.unregistered, i.Node)
			a.actsAt(end)
		} else {
			s.longUnregistered = append(s.longUnregistered, i.Node)
		}
	case n.ready:
		s.ready++
	case n.starting(now, s.options.startupTime):
		s.notStarted = append(s.notStarted, i.Node)
	default:
		s.unready++
	}
}

// settleRequests ends requests that are fulfilled, and takes back what has not come
// of those that took too long, for which the group backs off.
func (a *Autoscaler) settleRequests(now time.Time) {
	for _, s := range a.groups {
		a.forgetBackoff(s, now)
		r := s.request
		switch {
		case r == nil:
		case s.Size() <= s.ready+s.unready:
			s.request = nil
		case !now.Before(r.deadline):
			a.timeOut(s, r, now)
		default:
			a.actsAt(r.deadline)
		}
		a.seeFailures(s, now)
	}
}

func (a *Autoscaler) timeOut(s *groupState, r *request, now time.Time) {
	s.request = nil
	a.tellStatus(corev1.EventTypeWarning, "ScaleUpTimedOut", "Nodes added to group %s failed to register within %v",
		s.Name(), s.options.maxProvisionTime)
	a.backOff(s, now, "timeout", fmt.Sprintf("Scale-up timed out for node group %s after %v", s.Name(), s.options.maxProvisionTime))
	// It fails if some of the machines have come; the others are removed as unregistered.
	if s.DecreaseTarget(r.increase) == nil {
		a.recount(s, now)
	}
}

// recount takes stock of a group's machines, in a scan and again after it has changed them.
func (a *Autoscaler) recount(s *groupState, now time.Time) {
	s.instances = s.Instances()
	s.unregistered, s.longUnregistered, s.failed, s.notStarted = nil, nil, nil, nil
	s.ready, s.unready = 0, 0
	before := s.since
	s.since = map[string]time.Time{}
	for _, i := range s.instances {
		a.count(s, i, before, now)
	}
}

// seeFailures backs off from a group that is growing and has failed since the last scan.
func (a *Autoscaler) seeFailures(s *groupState, now time.Time) {
	seen := s.failures
	s.failures = map[string]bool{}
	var fresh int
	var why *groups.Error
	for _, i := range s.failed {
		s.failures[i.Node] = true
		if !seen[i.Node] {
			fresh, why = fresh+1, i.Error
		}
	}
	if fresh == 0 || s.request == nil {
		return
	}
	a.tellStatus(corev1.EventTypeWarning, "ScaleUpFailed", "Failed adding %d nodes to group %s due to %s; source errors: %s",
		fresh, s.Name(), why.Code, why.Message)
	if s.request.increase -= fresh; s.request.increase <= 0 {
		s.request = nil
	}
	a.backOff(s, now, why.Code, why.Message)
}

// removeUnregistered gives back machines that have no node for too long.
func (a *Autoscaler) removeUnregistered(now time.Time) {
	for _, s := range a.groups {
		late := s.longUnregistered
		late = late[:min(len(late), max(s.Size()-s.Config().Min, 0))]
		if len(late) == 0 || s.Delete(late...) != nil {
			continue
		}
		for _, name := range late {
			a.tellStatus(corev1.EventTypeNormal, "DeleteUnregistered", "Removed unregistered node %s", name)
		}
		a.recount(s, now)
	}
}

// removeFailed gives back machines whose request failed.
func (a *Autoscaler) removeFailed(now time.Time) {
	for _, s := range a.groups {
		var names []string
		for _, i := range s.failed {
			names = append(names, i.Node)
		}
		// A group at its min keeps them, as a cloud that refuses would.
		if len(names) > 0 && s.Delete(names...) == nil {
			a.recount(s, now)
		}
	}
}

// expectUpcoming decides which machines on their way count as nodes: those of groups
// that have been asked for them and do not back off. Their nodes, if they have one yet,
// are no candidates for scale-down, and no place for pods but by the template.
func (a *Autoscaler) expectUpcoming(now time.Time) {
	for _, s := range a.groups {
		if s.request == nil || s.backedOff(now) {
			continue
		}
		for _, name := range s.unregistered {
			a.upcoming[name] = true
		}
		for _, name := range s.notStarted {
			a.upcoming[name] = true
		}
	}
}

// asked remembers an increase.
func (a *Autoscaler) asked(s *groupState, delta int, now time.Time) {
	if s.request == nil {
		s.request = &request{}
	}
	s.request.increase += delta
	s.request.deadline = now.Add(s.options.maxProvisionTime)
	s.lastUp, a.lastUp = now, now
	a.actsAt(s.request.deadline)
}

// clusterHealthy says whether few enough nodes are unready for decisions.
func (a *Autoscaler) clusterHealthy() bool {
	return a.unreadyNodes <= a.options.okUnready ||
		float64(a.unreadyNodes) <= a.options.maxUnreadyPercentage/100*float64(len(a.cluster.nodes))
}

// healthy says the same of a group: how many of the nodes that it should have by now
// are not ready.
func (a *Autoscaler) healthy(s *groupState) bool {
	size := s.Size()
	expected := size - len(s.longUnregistered)
	if s.request != nil {
		expected -= s.request.increase
	}
	if s.ready+s.unready+len(s.notStarted)+len(s.unregistered)+len(s.longUnregistered) == 0 {
		return size == 0 || expected == 0
	}
	missing := max(expected-s.ready, 0)
	all := s.ready + s.unready + len(s.notStarted)
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
