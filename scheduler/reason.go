package scheduler

import (
	"regexp"
	"slices"
	"strings"
)

var (
	available  = regexp.MustCompile(`^\d+/\d+ nodes are available: ?`)
	nodeCount  = regexp.MustCompile(`^\d+ `)
	preemption = regexp.MustCompile(`\.? preemption: .*$`)
	// notFound is what upstream says of preemption where no plugin offers any node.
	notFound = regexp.MustCompile(`\. not found$`)
)

// Reason reduces the scheduler's message about a pod that fits nowhere
// ("0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated
// taint(s). preemption: ...") to what is the same for every pod in that
// situation: the plugins' reasons, sorted, without counts of nodes.
func Reason(message string) string {
	message = strings.TrimSpace(message)
	rest := available.ReplaceAllString(message, "")
	if rest == message {
		return strings.TrimSuffix(preemption.ReplaceAllString(message, ""), ".")
	}
	rest = strings.TrimSuffix(notFound.ReplaceAllString(preemption.ReplaceAllString(rest, ""), ""), ".")
	if rest == "" {
		return "no nodes"
	}
	reasons := strings.Split(rest, ", ")
	for i, r := range reasons {
		reasons[i] = nodeCount.ReplaceAllString(r, "")
	}
	slices.Sort(reasons)
	return strings.Join(slices.Compact(reasons), ", ")
}
