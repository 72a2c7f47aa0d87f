package cli

import (
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"simk.dev/simk/sim/report"
)

// TestAutoscalerCases replays the cases that hold an expected.tsv: what the Cluster
// Autoscaler's own core did with the same trace and groups on the same clock, an instant, event
// and group a line. Each is about one rule, which its README.md names.
func TestAutoscalerCases(t *testing.T) {
	simk, cases := findCases(t, "expected.tsv")
	for _, expected := range cases {
		dir := filepath.Dir(expected)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			cmd := exec.Command(simk, "replay", filepath.Join(dir, "trace.json"), "--autoscaler", filepath.Join(dir, "autoscaler.yaml"), "--out", out, "--quiet")
			if said, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			want, got := readActions(t, expected), actionsOf(t, out)
			if !slices.EqualFunc(want, got, action.same) {
				t.Errorf("%s\nwant:\n%v\ngot:\n%v", readme(dir), want, got)
			}
		})
	}
}

func readme(dir string) string {
	text, _ := os.ReadFile(filepath.Join(dir, "README.md"))
	return string(text)
}

// action is what an autoscaler did to a group at one instant.
type action struct {
	seconds      float64
	event, group string
	nodes        int
}

func (a action) String() string {
	return fmt.Sprintf("%v\t%s\t%s\t%d\n", a.seconds, a.event, a.group, a.nodes)
}

// same tells whether two actions are, but for the share of the half second that the API, when
// two evictions meet at a budget, lets the second wait longer by chance.
func (a action) same(b action) bool {
	const jitter = 0.05
	return math.Abs(a.seconds-b.seconds) <= jitter && a.event == b.event && a.group == b.group && a.nodes == b.nodes
}

// sortActions orders by what can be compared though instants differ by chance.
func sortActions(list []action) []action {
	slices.SortFunc(list, func(a, b action) int {
		if x, y := math.Floor(a.seconds), math.Floor(b.seconds); x != y {
			return int(x - y)
		}
		return strings.Compare(a.event+" "+a.group, b.event+" "+b.group)
	})
	return list
}

func readActions(t *testing.T, path string) []action {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []action
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		f := strings.Split(line, "\t")
		seconds, err1 := strconv.ParseFloat(f[0], 64)
		nodes, err2 := strconv.Atoi(f[3])
		if err1 != nil || err2 != nil {
			t.Fatalf("%s: %q", path, line)
		}
		list = append(list, action{seconds, f[1], f[2], nodes})
	}
	return sortActions(list)
}

// actionsOf reads what an autoscaler did from the results of a replay.
func actionsOf(t *testing.T, out string) []action {
	t.Helper()
	nodes := map[action]int{}
	err := report.ReadLines(filepath.Join(out, report.DecisionsFile), func(d *report.DecisionLine) {
		if strings.HasPrefix(d.Kind, "scale") {
			nodes[action{hundredths(d.At), d.Kind, d.Group, 0}] += max(d.Delta, -d.Delta, 1)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	err = report.ReadTable(filepath.Join(out, report.NodesFile), []string{"group", "removed"}, func(cell func(string) string) error {
		if cell("group") == "" || cell("removed") == "" {
			return nil
		}
		at, err := strconv.ParseFloat(cell("removed"), 64)
		nodes[action{hundredths(at), "removed", cell("group"), 0}]++
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	list := slices.Collect(maps.Keys(nodes))
	for i := range list {
		list[i].nodes = nodes[list[i]]
	}
	return sortActions(list)
}

func hundredths(seconds float64) float64 { return math.Round(seconds*100) / 100 }
