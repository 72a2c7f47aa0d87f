package report

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"simk.dev/simk/sim/history"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// morning is a history with something of everything, for looking at.
func morning() (*history.History, Meta) {
	const gi = 1 << 30
	h := &history.History{
		End:        90*time.Minute + 30*time.Second,
		Incomplete: "interrupted",
		Rejections: []history.Rejection{{
			At: 61 * time.Second, Object: "Deployment shop/web",
			Message: "Deployment.apps \"web\" is invalid:\nspec.template.spec.containers[0].image: Required value",
		}},
	}
	for i := range 4 {
		n := &history.Node{
			Name:        fmt.Sprintf("ip-10-0-0-%d", i),
			Allocatable: history.Resources{"cpu": 3920, "memory": 15 * gi, "pods": 110, "ephemeral-storage": 80 * gi},
			Removed:     never,
		}
		if i == 3 {
			n.Added, n.Removed = 20*time.Minute, 80*time.Minute
			n.Allocatable["nvidia.com/gpu"] = 2
			n.NotReady = []history.Span{{From: 20 * time.Minute, To: 20*time.Minute + 4*time.Second}, {From: 75 * time.Minute, To: never}}
		}
		h.Nodes = append(h.Nodes, n)
	}
	for i := range 60 {
		created := time.Duration(i) * 75 * time.Second
		bound := created + time.Duration(i*i)*3*time.Millisecond
		p := pod(fmt.Sprintf("nightly-%02d", i), created, bound, bound+1200*time.Millisecond, bound+12*time.Minute)
		p.Namespace, p.Owner, p.Node = "batch", "CronJob/nightly", h.Nodes[i%3].Name
		p.Requests = history.Resources{"cpu": 900, "memory": 3 * gi}
		p.HasExit = true
		if i%7 == 3 {
			p.Phase, p.ExitCode, p.Restarts = "Failed", 137, 2
		}
		if p.Finished > h.End {
			p.Finished, p.Phase, p.HasExit = never, "Running", false
		}
		h.Pods = append(h.Pods, p)
	}
	// A real cluster that placed by another rule and took a second longer.
	real := history.Recorded{Namespace: "batch", Owner: "CronJob/nightly"}
	for i, p := range h.Pods {
		p.Launch = i + 1
		if i < 58 {
			real.Pods = append(real.Pods, history.RecordedPod{Node: h.Nodes[i*i%4].Name, Pending: p.Bound - p.Created + time.Second})
		}
	}
	h.Recorded = []history.Recorded{
		real,
		{Namespace: "ml", Owner: "StatefulSet/train", Pods: []history.RecordedPod{{Node: "spot-7", Pending: never}, {Node: "ip-10-0-0-3", Pending: never}}},
	}
	gpu := pod("train-0", 19*time.Minute, 20*time.Minute+5*time.Second, 20*time.Minute+9*time.Second, never, 80*time.Minute+1)
	gpu.Namespace, gpu.Owner, gpu.Node, gpu.Evicted = "ml", "StatefulSet/train", "ip-10-0-0-3", true
	gpu.Launch = 1
	gpu.Requests = history.Resources{"cpu": 2000, "memory": 8 * gi, "nvidia.com/gpu": 1}
	again := because(pod("train-0", 80*time.Minute+2), `0 nodes offer "nvidia.com/gpu", <none>`)
	again.Namespace, again.Owner, again.Requests = "ml", "StatefulSet/train", gpu.Requests
	h.Pods = append(h.Pods, gpu, again,
		because(pod("huge-a", 5*time.Minute), "Insufficient cpu, node(s) had untolerated taint {node.kubernetes.io/unreachable: }, preemption is not helpful"),
		because(pod("huge-b", 5*time.Minute), "Insufficient cpu, node(s) had untolerated taint {node.kubernetes.io/unreachable: }, preemption is not helpful"),
		pod("late", 90*time.Minute+30*time.Second))
	return h, Meta{
		Version: "v0.1.0", TraceName: "batch-morning", TraceSHA256: strings.Repeat("ab", 32), Start: start, Seed: 1,
		Options: struct {
			Speed string   `json:"speed"`
			Args  []string `json:"args"`
		}{"max", []string{}},
	}
}

func TestGolden(t *testing.T) {
	h, meta := morning()
	r := Build(h, meta)
	calm := Build(&history.History{End: 24 * time.Hour, Nodes: []*history.Node{node("n", 1000, 0, never)}}, Meta{Start: start})
	long := &Report{ // longer lists than the summary shows
		Complete: true,
		Pods:     Pods{Created: 250_000, Failed: 1_234, PendingAtEnd: 2_000},
		Unschedulable: []Reason{
			{"first", 1_000}, {"second", 500}, {"third", 200}, {"fourth", 100}, {"fifth", 50}, {"sixth", 40},
		},
		UnschedulableOmitted: OmittedReasons{Reasons: 9, Pods: 110},
		Owners: []Owner{
			{Namespace: "a", Owner: "Job/few", Share: Share{Created: 900, Failed: 10}}, {Namespace: "a", Owner: "Job/none", Share: Share{Created: 800}},
			{Namespace: "a", Owner: "Job/most", Share: Share{Created: 700, Failed: 600}}, {Namespace: "b", Owner: "Job/many", Share: Share{Created: 600, Failed: 300}},
			{Namespace: "b", Owner: "Job/some", Share: Share{Created: 500, Failed: 200}}, {Namespace: "b", Owner: "Job/fewer", Share: Share{Created: 400, Failed: 5}},
			{Namespace: "b", Owner: "Job/one", Share: Share{Created: 300, Failed: 1}},
		},
		OwnersOmitted: OmittedOwners{Owners: 5, Failed: 118},
		Fidelity: &Fidelity{
			FidelityPods: FidelityPods{NotStartedPods: 123_456, ExtraPods: 65_432},
			Placement:    &PlacementFidelity{ComparedPods: 1_234_567, SameNodeFraction: 1, OverlapFraction: 1, UnknownNodePods: 99_999},
			Pending:      &PendingFidelity{ComparedPods: 1, RecordedSeconds: Distribution{Mean: 3599}, SimulatedSeconds: Distribution{Mean: 3599}, MeanAbsoluteDifferenceSeconds: 3599},
		},
		Rejected:   103,
		Rejections: slices.Repeat([]Rejection{{AtSeconds: 90, Object: "Pod a/b", Message: "refused"}}, 100),
	}
	for name, write := range map[string]func(io.Writer) error{
		"long.txt":     func(w io.Writer) error { return WriteText(w, long) },
		"report.json":  func(w io.Writer) error { return WriteJSON(w, r) },
		"summary.txt":  func(w io.Writer) error { return WriteText(w, r) },
		"calm.txt":     func(w io.Writer) error { return WriteText(w, calm) },
		"pods.csv":     func(w io.Writer) error { return writePods(w, h) },
		"timeline.csv": func(w io.Writer) error { return writeTimeline(w, r) },
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", name), got.Bytes())
		})
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		line := func(lines []string) string {
			if i < len(lines) {
				return lines[i]
			}
			return "(no such line)"
		}
		if line(gotLines) != line(wantLines) {
			t.Fatalf("%s:%d (go test -update rewrites it):\ngot  %s\nwant %s", path, i+1, line(gotLines), line(wantLines))
		}
	}
}

// TestTextFitsTheTerminal writes the longest of everything.
func TestTextFitsTheTerminal(t *testing.T) {
	h, meta := morning()
	meta.TraceName = strings.Repeat("trace ", 40)
	h.Incomplete = strings.Repeat("because ", 40)
	h.Nodes[0].Allocatable[strings.Repeat("example.com/", 6)+"x"] = 1
	h.Pods[0].Requests[strings.Repeat("example.com/", 6)+"x"] = 1000
	h.Pods[3].Owner = "Job/" + strings.Repeat("ü", 200)
	for i := range 9 {
		h.Rejections = append(h.Rejections, h.Rejections[0])
		h.Pods = append(h.Pods, because(pod(fmt.Sprint(i), 0), fmt.Sprint("reason ", i)))
	}
	var b bytes.Buffer
	if err := WriteText(&b, Build(h, meta)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	if len(lines) < 30 {
		t.Errorf("only %d lines:\n%s", len(lines), b.String())
	}
	for _, line := range lines {
		if n := utf8.RuneCountInString(line); n > textWidth || strings.HasSuffix(line, " ") {
			t.Errorf("%d characters: %q", n, line)
		}
	}
}

func TestHumanSeconds(t *testing.T) {
	for s, want := range map[float64]string{
		0: "0s", 0.000001: "1µs", 0.00035: "350µs", 0.0015: "2ms", 0.35: "350ms", 0.9996: "1s", 1: "1s", 1.54: "1.5s",
		59.94: "59.9s", 59.96: "1m", 192: "3m12s", 3599.6: "1h", 11520: "3h12m", 86400: "24h", 172799: "2d", 183600: "2d3h",
	} {
		if got := HumanSeconds(s); got != want {
			t.Errorf("%v: got %s, want %s", s, got, want)
		}
	}
}

func TestSecondsText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		never: "", 0: "0", 1: "0.000000001", 1500 * time.Millisecond: "1.5", 600 * time.Second: "600", 10000000020: "10.00000002",
	} {
		if got := secondsText(d); got != want {
			t.Errorf("%d: got %q, want %q", d, got, want)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
