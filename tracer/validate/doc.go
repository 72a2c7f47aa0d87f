// Package validate finds what is wrong or doubtful in a trace before it is
// replayed:
//
//	report, err := validate.File("trace.json")
//	for _, f := range report.Findings {
//		fmt.Println(f.Code, f.Position(), f.Message)
//	}
//
// It reads the trace once, as a stream, and follows which objects exist at each
// event. What a pod refers to is looked for among those; whether a pod fits on a
// node is judged at the end, by all nodes that the trace ever has, because nodes
// may come after pods. Kubernetes' own types and helpers decide what a selector
// matches, a toleration tolerates and a pod requests.
//
// Codes W0000 and E0001 to E0005 are those of SimKube's validator, whose rules
// they follow in intention: references are compared by name, optional ones are
// left out, all containers and projected volumes are looked at. Codes from 0100
// on are simk's own. Explain tells about each.
//
// A finding that repeats is kept once, with the place of the first and a count:
// memory does not grow with the number of pods. Equal pods are looked at once.
//
// What is guessed: which kinds the apiserver serves (those of client-go's scheme
// that are not removed in its version, and those that the trace defines), and
// where custom resources have their pod template (spec.template). Not looked at:
// inter-pod affinity, topology spread, volumes' topology, quotas, admission
// policies. Whether all pods fit at once is for the replay to tell.
package validate
