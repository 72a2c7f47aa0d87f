package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Check returns what should not have happened; nothing, if all is well.
func (s *Scenario) Check(o *Outcome) []string {
	return slices.Concat(s.bounds(o), s.lostPods(o), s.reasons(o), s.flapping(o))
}

// bounds: no group is ever smaller than its min or larger than its max.
func (s *Scenario) bounds(o *Outcome) (broken []string) {
	for _, g := range s.config.NodeGroups {
		var instants []float64
		for _, n := range o.Nodes {
			if n.Group == g.Name {
				instants = append(instants, n.Requested, n.Removed, n.Failed)
			}
		}
		slices.Sort(instants)
		for _, t := range slices.Compact(instants) {
			size := o.size(g.Name, t)
			if t != Never && (size < g.Min || size > g.Max) {
				broken = append(broken, fmt.Sprintf("at %v group %s has %d machines, not %d to %d", t, g.Name, size, g.Min, g.Max))
			}
		}
	}
	return broken
}

// size is how many machines a group has at an instant.
func (o *Outcome) size(group string, at float64) (size int) {
	for _, n := range o.Nodes {
		if n.Group == group && n.Requested <= at && at < n.Removed {
			size++
		}
	}
	return size
}

// lostPods: when a node goes, nothing runs there any more but what belongs to the node. So no
// pod is lost, and none is disrupted but by an eviction, which budgets must have allowed.
func (s *Scenario) lostPods(o *Outcome) (broken []string) {
	removed := map[string]float64{}
	for _, n := range o.Nodes {
		removed[n.Name] = n.Removed
	}
	for _, p := range o.Pods {
		if at, ok := removed[p.Node]; ok && at != Never && !strings.HasPrefix(p.Owner, "DaemonSet/") && min(p.Finished, p.Deleted) > at {
			broken = append(broken, fmt.Sprintf("pod %s is still on node %s, which goes at %v", p.Name, p.Node, at))
		}
	}
	return broken
}

// reasons: each node that is there at the end has a reason, and none only lacks time that has
// passed.
func (s *Scenario) reasons(o *Outcome) (broken []string) {
	last := map[string]Decision{}
	for _, d := range o.Decisions {
		if d.Node != "" {
			last[d.Node] = d
		}
	}
	for _, n := range o.Nodes {
		const scans = 30 // in seconds: what became so lately may not have been looked at
		if n.Removed != Never || n.Ready > length.Seconds()-scans {
			continue
		}
		d, ok := last[n.Name]
		if !ok {
			broken = append(broken, fmt.Sprintf("node %s is there, and nothing says why", n.Name))
			continue
		}
		if wait, ok := waitOf(d.Reason); ok && d.Kind == "noScaleDown" && d.At+wait.Seconds() < length.Seconds()-scans {
			broken = append(broken, fmt.Sprintf("node %s is there, and what was said last is, at %v: %s", n.Name, d.At, d.Reason))
		}
	}
	return broken
}

// waitOf is the time that a node must have been unneeded, if that is why it stays.
func waitOf(reason string) (time.Duration, bool) {
	_, text, ok := strings.Cut(reason, "must be for ")
	if !ok || !strings.HasPrefix(reason, "NotUn") {
		return 0, false
	}
	wait, err := time.ParseDuration(text)
	return wait, err == nil
}

// flapping: a group does not grow without pods that need it, nor for a pod that was waiting
// already when a node of the group was taken away, on which it could have been. A group that could
// not grow before, at its max, may do so when a node has gone that the pods did not fit: GPU nodes
// go by the GPUs that are used, however few of their cores are free.
func (s *Scenario) flapping(o *Outcome) (broken []string) {
	pods := map[string]Pod{}
	for _, p := range o.Pods {
		pods[p.Name] = p
	}
	for _, up := range o.Decisions {
		if up.Kind != "scaleUp" {
			continue
		}
		if up.PodCount == 0 {
			broken = append(broken, fmt.Sprintf("at %v group %s grows for no pod", up.At, up.Group))
		}
		for _, down := range o.Decisions {
			if down.Kind != "scaleDown" || down.Group != up.Group {
				continue
			}
			if down.At > up.At || down.At < up.At-unneededTime(s).Seconds() || s.full(o, down) {
				continue
			}
			for _, name := range up.Pods {
				if p, ok := pods[name]; ok && p.Created < down.At-newPods && p.Bound > up.At {
					broken = append(broken, fmt.Sprintf("at %v group %s grows for pod %s, which waited already when node %s was taken away at %v",
						up.At, up.Group, name, down.Node, down.At))
				}
			}
		}
	}
	return broken
}

// full says whether a node's group was at its max, or all together at theirs, until the node went.
func (s *Scenario) full(o *Outcome, down Decision) bool {
	total := 0
	for _, g := range s.config.NodeGroups {
		size := o.size(g.Name, down.At)
		if total += size; g.Name == down.Group && size >= g.Max {
			return true
		}
	}
	limit := s.config.ClusterAutoscaler.MaxNodesTotal
	return limit > 0 && total >= limit
}

// newPods is how old, in seconds, a pod is when an autoscaler minds it for sure.
const newPods = 40

func unneededTime(s *Scenario) time.Duration {
	if t := s.config.ClusterAutoscaler.ScaleDownUnneededTime; t != nil {
		return t.Duration
	}
	return 10 * time.Minute
}
