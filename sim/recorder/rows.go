package recorder

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/sim/live"
)

// Rows fills in nodes and pods that match a filter, and what nodes have in all.
func (r *Recorder) Rows(s *live.Snapshot, filter string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	used := map[string]*nodeUse{}
	for _, n := range r.nodes {
		used[n.Name] = &nodeUse{node: n, requested: history.Resources{}}
	}
	var pods []*history.Pod
	for _, p := range r.pods {
		if n := used[p.Node]; n != nil && p.Finished == history.Never {
			n.pods++
			for name, amount := range p.Requested() {
				n.requested[name] += amount
			}
		}
		if matches(filter, p.Name, p.Namespace+"/"+p.Name, p.Owner, p.Node) {
			pods = append(pods, p)
		}
	}
	s.PodsMatching = len(pods)
	slices.SortFunc(pods, comparePods)
	for _, p := range pods[:min(len(pods), live.Rows)] {
		s.PodRows = append(s.PodRows, podRow(p))
	}
	s.Resources = total(used)
	for _, name := range slices.Sorted(maps.Keys(used)) {
		if !matches(filter, name) {
			continue
		}
		if s.NodesMatching++; s.NodesMatching <= live.Rows {
			s.NodeRows = append(s.NodeRows, used[name].row(s.Resources))
		}
	}
}

func matches(filter string, texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, filter) })
}

// nodeUse is a node and what its pods request.
type nodeUse struct {
	node      *history.Node
	pods      int
	requested history.Resources
}

func (n *nodeUse) row(resources []live.Resource) live.Node {
	spans := n.node.NotReady
	row := live.Node{Name: n.node.Name, Pods: n.pods, Ready: len(spans) == 0 || spans[len(spans)-1].To != history.Never}
	offered := n.node.Offered()
	for _, r := range resources {
		row.Resources = append(row.Resources, live.Resource{Name: r.Name, Requested: n.requested[r.Name], Allocatable: offered[r.Name]})
	}
	return row
}

// total adds up what all nodes have and what is requested of it: cpu and memory
// first, then what else any pod requests.
func total(nodes map[string]*nodeUse) []live.Resource {
	has, wants := history.Resources{}, history.Resources{}
	for _, n := range nodes {
		for name, amount := range n.node.Offered() {
			has[name] += amount
		}
		for name, amount := range n.requested {
			wants[name] += amount
		}
	}
	names := []string{string(corev1.ResourceCPU), string(corev1.ResourceMemory)}
	for _, name := range slices.Sorted(maps.Keys(wants)) {
		if !slices.Contains(names, name) && has[name] > 0 {
			names = append(names, name)
		}
	}
	var all []live.Resource
	for _, name := range names {
		all = append(all, live.Resource{Name: name, Requested: wants[name], Allocatable: has[name]})
	}
	return all
}

// comparePods puts those that wait first, the longest first, then the others, the
// latest change first.
func comparePods(a, b *history.Pod) int {
	stateA, sinceA := stateOf(a)
	stateB, sinceB := stateOf(b)
	waitsA, waitsB := stateA == statePending, stateB == statePending
	switch {
	case waitsA && !waitsB:
		return -1
	case waitsB && !waitsA:
		return 1
	case waitsA:
		sinceA, sinceB = sinceB, sinceA
	}
	return cmp.Or(cmp.Compare(sinceB, sinceA), strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
}

const statePending = string(corev1.PodPending)

// stateOf is what a pod does, and since when.
func stateOf(p *history.Pod) (state string, since time.Duration) {
	switch {
	case p.Deleted != history.Never:
		return "Terminating", p.Deleted
	case p.Finished != history.Never:
		return p.Phase, p.Finished
	case p.Started != history.Never:
		return string(corev1.PodRunning), p.Started
	case p.Bound != history.Never:
		return "Starting", p.Bound
	}
	return statePending, p.Created
}

func podRow(p *history.Pod) live.Pod {
	state, since := stateOf(p)
	row := live.Pod{Namespace: p.Namespace, Name: p.Name, Owner: p.Owner, State: state, Since: since, Node: p.Node}
	if state == statePending {
		row.Reason = cmp.Or(p.Message, p.Reason)
	}
	return row
}
