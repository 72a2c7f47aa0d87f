package explain

import (
	"cmp"
	"slices"
)

// NodeStory is what stood on a node, and when.
type NodeStory struct {
	Node string `json:"node"`
	// Machines are its lives, known only in a run with an autoscaler.
	Machines []NodeLife `json:"machines,omitempty"`
	// AtSeconds is the instant it is told for; left out: the whole run.
	AtSeconds *float64    `json:"atSeconds,omitempty"`
	Pods      []PodOnNode `json:"pods"` // by the instant of binding
	// Rejected are the pods that waited at AtSeconds and that the node had rejected
	// when they were last tried.
	Rejected []Refusal `json:"rejected,omitempty"`
}

// NodeLife is when a node came and went, in seconds from the trace's start; left
// out: it did not, or that is not known.
type NodeLife struct {
	Group             string   `json:"group,omitempty"`
	RequestedSeconds  *float64 `json:"requestedSeconds,omitempty"`
	RegisteredSeconds *float64 `json:"registeredSeconds,omitempty"`
	RemovedSeconds    *float64 `json:"removedSeconds,omitempty"`
}

// PodOnNode is a pod's time on a node; ToSeconds is left out if it is still there
// at the end of the run.
type PodOnNode struct {
	Pod         string   `json:"pod"`
	FromSeconds float64  `json:"fromSeconds"`
	ToSeconds   *float64 `json:"toSeconds,omitempty"`
	// Ended is how: Succeeded, Failed, deleted, preempted or evicted.
	Ended string `json:"ended,omitempty"`
}

// Refusal is why a node did not take a pod.
type Refusal struct {
	Pod     string   `json:"pod"`
	Plugin  string   `json:"plugin,omitempty"`
	Reasons []string `json:"reasons"`
}

// Node tells what stood on a node in the run or, if at is not negative, at an
// instant in seconds.
func (r *Run) Node(name string, at float64) (*NodeStory, error) {
	if known := r.nodeNames(); !slices.Contains(known, name) {
		return nil, unknown("node", name, r.dir, known)
	}
	story := &NodeStory{Node: name, Pods: []PodOnNode{}}
	for i := range r.nodes {
		if m := &r.nodes[i]; m.node == name {
			story.Machines = append(story.Machines, NodeLife{m.group, came(m.requested), came(m.registered), came(m.removed)})
		}
	}
	for i := range r.pods {
		l := &r.pods[i]
		if l.node != name || at >= 0 && !l.standsAt(at) {
			continue
		}
		story.Pods = append(story.Pods, PodOnNode{Pod: l.key, FromSeconds: l.bound, ToSeconds: came(l.over()), Ended: l.ending()})
	}
	slices.SortStableFunc(story.Pods, func(a, b PodOnNode) int { return cmp.Compare(a.FromSeconds, b.FromSeconds) })
	if at < 0 {
		return story, nil
	}
	story.AtSeconds = &at
	return story, r.refusals(story, at)
}

// refusals adds the pods that wait and why this node did not take them.
func (r *Run) refusals(story *NodeStory, at float64) error {
	if r.record == nil {
		return nil
	}
	for i := range r.pods {
		l := &r.pods[i]
		if !l.waitsAt(at) {
			continue
		}
		last, ok := r.lastAttempt(l, at)
		if !ok {
			continue
		}
		a, err := r.record.attempt(last.Outcome)
		if err != nil {
			return err
		}
		for _, j := range a.Rejections {
			if _, ok := slices.BinarySearch(j.Nodes, story.Node); ok {
				story.Rejected = append(story.Rejected, Refusal{l.key, j.Plugin, j.Reasons})
			}
		}
	}
	return nil
}

// lastAttempt is the last one that failed by then.
func (r *Run) lastAttempt(l *life, at float64) (failed, bool) {
	for _, f := range slices.Backward(r.record.failed[l.key]) {
		if f.At <= at {
			return f, f.At >= l.created
		}
	}
	return failed{}, false
}

// nodeNames are all nodes that the folder knows: those that pods were on, that an
// autoscaler made, or that rejected a pod.
func (r *Run) nodeNames() []string {
	var names []string
	seen := map[string]bool{"": true}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for i := range r.pods {
		add(r.pods[i].node)
	}
	for i := range r.nodes {
		add(r.nodes[i].node)
	}
	if r.record != nil {
		for _, name := range r.record.nodes {
			add(name)
		}
	}
	return names
}

// standsAt tells whether the pod has its node at an instant.
func (l *life) standsAt(at float64) bool {
	return l.bound != never && l.bound <= at && (l.over() == never || l.over() > at)
}

// waitsAt tells whether the pod waits for a node at an instant.
func (l *life) waitsAt(at float64) bool {
	return l.created <= at && (l.bound == never || l.bound > at) && (l.over() == never || l.over() > at)
}

func (l *life) ending() string {
	switch {
	case l.over() == never:
		return ""
	case l.why() != "":
		return l.why()
	case l.finished != never:
		return l.phase
	}
	return "deleted"
}

func came(at float64) *float64 {
	if at == never {
		return nil
	}
	return &at
}
