package explain

import (
	"fmt"
	"slices"
	"strings"
)

// EventMessage is what the scheduler said, put together by its own rule: how often
// each reason was given, over all plugins.
func (a *Attempt) EventMessage() string {
	if a.Nodes == 0 {
		return a.Message
	}
	message := fmt.Sprintf("0/%d nodes are available:", a.Nodes)
	switch {
	case a.PreFilter != "":
		message += " " + a.PreFilter + "."
	default:
		counts := map[string]int{}
		for i := range a.Rejections {
			for _, reason := range a.Rejections[i].Reasons {
				counts[reason] += a.Rejections[i].Count
			}
		}
		var parts []string
		for reason, n := range counts {
			parts = append(parts, fmt.Sprintf("%d %s", n, reason))
		}
		slices.Sort(parts)
		if len(parts) > 0 {
			message += " " + strings.Join(parts, ", ") + "."
		}
	}
	if a.PostFilter != "" {
		message += " " + a.PostFilter
	}
	return message
}

// Reason is the same for every attempt with the same reasons: without counts of nodes.
func (a *Attempt) Reason() string {
	switch {
	case a.Nodes == 0:
		return a.Message
	case a.PreFilter != "":
		return a.PreFilter
	}
	var reasons []string
	for i := range a.Rejections {
		reasons = append(reasons, a.Rejections[i].Reasons...)
	}
	slices.Sort(reasons)
	return strings.Join(slices.Compact(reasons), ", ")
}
