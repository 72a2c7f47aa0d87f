// Package show says what is in a trace: kinds and counts, arrivals over time,
// what pods request next to what nodes have, how recorded pods ran.
//
//	summary, err := show.Of("trace.json", source)
//	summary.WriteText(os.Stdout)
//
// It reads the trace once. Pods are counted as they are asked for: a bare pod is
// one, a Deployment as many as it has replicas, a Job its completions, a CronJob
// the pods of one run, a DaemonSet none, because their number depends on nodes.
// A workload that is applied again counts what it has more than before. Nodes
// count as they were last. Nothing is guessed about what a replay would do.
//
// Memory grows with the names of the objects that live at the same time; lists
// of owners, namespaces and resources are bounded.
package show
