package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"simk.dev/simk/sim/explain"
	"simk.dev/simk/sim/report"
)

// explainedMessages compares the attempts that explain tells of with what the
// scheduler itself said in its events:
//
//	explainedmessages OUTDIR
func explainedMessages(args []string) int {
	n, err := compareMessages(args[0])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Printf("%d messages agree\n", n)
	return 0
}

func compareMessages(dir string) (int, error) {
	run, err := explain.Open(dir)
	if err != nil {
		return 0, err
	}
	want, err := failuresIn(filepath.Join(dir, report.EventsFile))
	if err != nil {
		return 0, err
	}
	n := 0
	for pod, events := range want {
		story, err := run.Pod(pod, -1)
		if err != nil {
			return 0, err
		}
		attempts, messages := 0, []string{}
		for _, life := range story.Lives {
			for _, s := range life.Steps {
				if s.Attempt != nil {
					attempts += s.Attempts
					messages = append(messages, s.Attempt.EventMessage())
				}
			}
		}
		if len(events) != attempts {
			return 0, fmt.Errorf("%s: %d failed attempts, the scheduler spoke of %d", pod, attempts, len(events))
		}
		for _, m := range messages {
			if !slices.Contains(events, m) {
				return 0, fmt.Errorf("%s: the scheduler never said %q, but %q", pod, m, events)
			}
			n++
		}
	}
	return n, nil
}

// failuresIn are the scheduler's messages about attempts that failed, by pod.
func failuresIn(path string) (map[string][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := map[string][]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var e struct{ Reason, Namespace, Name, Message string }
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, err
		}
		if e.Reason == "FailedScheduling" {
			pod := e.Namespace + "/" + e.Name
			out[pod] = append(out[pod], e.Message)
		}
	}
	return out, nil
}
