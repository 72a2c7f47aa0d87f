// Package explain tells why pods waited, were placed or had to go, from the
// folder of a finished run:
//
//	run, err := explain.Open("results")
//	story, err := run.Pod("batch/train-7")
//	err = story.WriteText(os.Stdout)
//
// During the run a Writer records the attempts of the real scheduler to place
// pods: its own diagnosis, plugin by plugin and node by node, nothing worked out
// a second time. The record is explain.jsonl.zst, lines of JSON in which
// everything that repeats has a number. All else is taken from the other files of
// the folder: pods.csv, nodes.csv, decisions.jsonl and events.jsonl.
package explain
