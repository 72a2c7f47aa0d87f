package compare

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simk.dev/simk/sim/report"
)

func outcome(pending int, p99, nodeHours float64) *report.Report {
	return &report.Report{
		APIVersion: "simk.dev/v1", Kind: "Report", Complete: true,
		Pods:           report.Pods{Created: 10, Bound: 10 - pending, PendingAtEnd: pending},
		PendingSeconds: report.Distribution{P99: p99},
		Nodes:          report.Nodes{Peak: 3, NodeHours: nodeHours},
		Utilization:    map[string]report.Utilization{"cpu": {MeanRequested: 0.5}},
		Owners: []report.Owner{
			{Namespace: "a", Owner: "Job/x", Share: report.Share{Bound: 1, PendingAtEnd: pending, PendingSecondsMean: p99}},
			{Namespace: "a", Owner: "Job/y", Share: report.Share{Bound: 1, PendingSecondsMean: 100 - p99}},
		},
	}
}

func row(t *testing.T, c *Comparison, name string) Row {
	t.Helper()
	for _, r := range c.Rows {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("no row %s", name)
	return Row{}
}

func TestVerdicts(t *testing.T) {
	c := Of([]Run{
		{Name: "base", Reports: []*report.Report{outcome(2, 10, 5), outcome(2, 14, 5)}},
		{Name: "cand", Reports: []*report.Report{outcome(1, 13, 6), outcome(1, 17, 6)}},
	})
	for _, tc := range []struct {
		name       string
		verdict    Verdict
		difference float64
		relative   float64
	}{
		{"pods.pendingAtEnd", Good, -1, -0.5},
		{"pods.bound", Good, 1, 0.125},
		{"pendingSeconds.p99", Noise, 3, 0.25}, // 10 to 14 and 13 to 17 overlap
		{"nodes.nodeHours", Bad, 1, 0.2},
		{"nodes.peak", Same, 0, 0},
		{"utilization.cpu.meanRequested", Same, 0, 0},
	} {
		v := row(t, c, tc.name).Values[1]
		if v.Verdict != tc.verdict || v.Difference != tc.difference || v.Relative != tc.relative {
			t.Errorf("%s: %+v, want %s, %v, %v", tc.name, v, tc.verdict, tc.difference, tc.relative)
		}
	}
	for _, r := range c.Rows {
		if strings.HasPrefix(r.Name, "autoscaling") {
			t.Errorf("%s is there without an autoscaler", r.Name)
		}
	}
}

func TestChanges(t *testing.T) {
	c := Of([]Run{
		{Name: "base", Reports: []*report.Report{outcome(0, 10, 5)}, Pods: []Pod{{"a/p", 1, true}, {"a/q", 5, true}, {"a/r", 0, false}, {"a/only", 1, true}}},
		{Name: "cand", Reports: []*report.Report{outcome(2, 40, 5)}, Pods: []Pod{{"a/p", 0, false}, {"a/q", 9, true}, {"a/r", 2, true}, {"a/new", 1, true}}},
	})
	change := c.Changes[0]
	if len(change.WorseOwners) != 1 || change.WorseOwners[0].Owner != "a/Job/x" || len(change.BetterOwners) != 1 || change.BetterOwners[0].Owner != "a/Job/y" {
		t.Errorf("owners: worse %v, better %v", change.WorseOwners, change.BetterOwners)
	}
	if change.PodsCompared != 3 || change.PodsWorse != 2 || change.PodsBetter != 1 {
		t.Errorf("pods: %+v", change)
	}
	if change.WorsePods[0].Pod != "a/p" || change.WorsePods[1].Pod != "a/q" || change.BetterPods[0].Pod != "a/r" {
		t.Errorf("worse %v, better %v", change.WorsePods, change.BetterPods)
	}
	var text, markdown, page strings.Builder
	if err := c.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"pending at the end", "2 (+2 WORSE)", "40s (+300.0% WORSE)", "a/Job/x: pending at the end 0 -> 2, waiting, mean 10s -> 40s",
		"of 3 pods in both, 2 waited longer and 1 shorter", "a/p: waited 1s -> never bound"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text has no %q:\n%s", want, text.String())
		}
	}
	if err := c.WriteHTML(&page, []Run{{Name: "base", Reports: []*report.Report{outcome(0, 10, 5)}}, {Name: "cand", Reports: []*report.Report{outcome(2, 40, 5)}}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`{"text":"2 (+2)","mark":"worse"}`, `{"text":"pod a/p"},{"text":"waited 1s -\u003e never bound","mark":"worse"}`} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if err := c.WriteMarkdown(&markdown); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(markdown.String(), "| pending at the end | 0 | 2 (+2 WORSE) ❌ |") {
		t.Errorf("markdown:\n%s", markdown.String())
	}
}

// An owner that one run has alone, or of which it bound no pod, fared neither better nor worse.
func TestMissingOwners(t *testing.T) {
	owner := func(name string, bound int, waited float64) report.Owner {
		return report.Owner{Namespace: "a", Owner: name, Share: report.Share{Bound: bound, PendingSecondsMean: waited}}
	}
	base, cand := outcome(0, 10, 5), outcome(0, 10, 5)
	base.Owners = []report.Owner{owner("Job/gone", 1, 429), owner("Job/unbound", 1, 60), owner("Job/some", 1, 20)}
	second, empty := outcome(0, 10, 5), outcome(10, 0, 5) // of the seed 2, with owners of their own
	second.Owners, empty.Owners = []report.Owner{owner("Job/some", 1, 40)}, nil
	cand.Owners = []report.Owner{owner("Job/new", 1, 5), owner("Job/unbound", 0, 0), owner("Job/some", 1, 30)}
	cand.OwnersOmitted.Owners = 0
	c := Of([]Run{{Name: "base", Reports: []*report.Report{base, second}}, {Name: "cand", Reports: []*report.Report{cand, empty}}})
	change := c.Changes[0]
	if len(change.BetterOwners)+len(change.WorseOwners) != 0 {
		t.Errorf("better %v, worse %v", change.BetterOwners, change.WorseOwners)
	}
	want := []MissingOwner{{Owner: "a/Job/gone", Run: "cand", PendingSecondsMean: 429}, {Owner: "a/Job/new", Run: "base", PendingSecondsMean: 5}}
	if !slices.Equal(change.MissingOwners, want) {
		t.Errorf("missing %+v", change.MissingOwners)
	}
	if v := row(t, c, "pendingSeconds.p99").Values[1]; !v.Missing {
		t.Errorf("a run that bound no pod waited %+v", v)
	}
	var text strings.Builder
	if err := c.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if want := "  absent  a/Job/gone: not in cand; in the other run pending at the end 0, failed 0, waiting, mean 7m9s\n"; !strings.Contains(text.String(), want) {
		t.Errorf("the text has no %q:\n%s", want, text.String())
	}
	cand.OwnersOmitted.Owners = 7
	c = Of([]Run{{Name: "base", Reports: []*report.Report{base}}, {Name: "cand", Reports: []*report.Report{cand}}})
	if m := c.Changes[0].MissingOwners[0]; !m.Unlisted || !strings.Contains(m.text(), "not among the owners that the report of cand lists") {
		t.Errorf("missing %+v", m)
	}
}

func TestNotes(t *testing.T) {
	other := outcome(0, 1, 1)
	other.Trace.Name, other.Simulated.Seconds = "other", 60
	c := Of([]Run{{Name: "base", Reports: []*report.Report{outcome(0, 1, 1)}}, {Name: "cand", Reports: []*report.Report{other}}})
	if len(c.Notes) != 2 || !strings.Contains(c.Notes[0], `another trace than base: "other"`) || !strings.Contains(c.Notes[1], "ran for 1m and base for 0s") {
		t.Errorf("%q", c.Notes)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := outcome(1, 2, 3)
	r.Complete, r.IncompleteReason = false, "interrupted"
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	write(report.ReportFile, data)
	write(report.PodsFile, []byte("namespace,name,created,bound\na,p,1.5,4\na,q,2,\n"))
	if _, err := Load("x", dir); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("a stopped run gives %v", err)
	}
	write(report.ReportFile, []byte(strings.Replace(string(data), `"complete":false`, `"complete":true`, 1)))
	run, err := Load("x", dir)
	if err != nil || len(run.Pods) != 2 || run.Pods[0] != (Pod{"a/p", 2.5, true}) || run.Pods[1].Bound {
		t.Errorf("%+v, %v", run, err)
	}
}
