package html

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	stdhtml "html"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/sim/report"
)

const never = history.Never

var start = time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)

func pod(name, node string, created, bound, finished time.Duration) *history.Pod {
	p := &history.Pod{
		Namespace: "batch", Name: name, Owner: "Job/" + name, Node: node, Phase: "Pending",
		Requests: history.Resources{"cpu": 1000, "memory": 1 << 30},
		Created:  created, Bound: bound, Started: bound, Finished: finished, Deleted: never,
	}
	if bound != never {
		p.Phase = "Running"
	}
	if finished != never {
		p.Phase, p.HasExit = "Succeeded", true
	}
	return p
}

func node(name string, added, removed time.Duration) *history.Node {
	return &history.Node{Name: name, Allocatable: history.Resources{"cpu": 4000, "memory": 16 << 30, "pods": 110}, Added: added, Removed: removed}
}

// hostile is put wherever a trace can put text.
const hostile = `</script><script>document.documentElement.dataset.hacked="yes"</script><img src=x onerror="document.documentElement.dataset.hacked='yes'"><!--<script>` + "\u2028"

// morning is a history with something of everything, and hostile names in it.
func morning() (*report.Report, *history.History) {
	h := &history.History{
		End:        2 * time.Hour,
		Incomplete: "interrupted " + hostile,
		Rejections: []history.Rejection{{At: time.Minute, Object: "Deployment shop/" + hostile, Message: "refused: " + hostile}},
		Nodes:      []*history.Node{node("n1", 0, never), node("n2"+hostile, 0, never), node("late", time.Hour, 90*time.Minute)},
	}
	h.Nodes[0].NotReady = []history.Span{{From: 30 * time.Minute, To: 40 * time.Minute}}
	for i := range 60 {
		at := time.Duration(i) * time.Minute
		p := pod(fmt.Sprintf("nightly-%02d", i), h.Nodes[i%2].Name, at, at+time.Duration(i*i)*time.Second/4, at+40*time.Minute)
		if i%7 == 3 {
			p.Phase, p.ExitCode = "Failed", 137
		}
		p.Evicted = i == 10
		h.Pods = append(h.Pods, p)
	}
	for i, reason := range []string{"Insufficient cpu", "Insufficient cpu", "node(s) had untolerated taint " + hostile} {
		p := pod(fmt.Sprintf("huge-%d%s", i, hostile), "", 100*time.Minute, never, never)
		p.Namespace, p.Owner, p.Reason, p.Message = hostile, "Job/"+hostile, reason, "0/3 nodes are available: 3 "+reason
		h.Pods = append(h.Pods, p)
	}
	h.Autoscaling = &history.Autoscaling{
		Mode:   "cluster-autoscaler",
		Groups: []history.Group{{Name: "late", Max: 4, Price: 250_000_000, HasPrice: true}, {Name: hostile, Max: 1}},
		Machines: []*history.Machine{
			{Group: "late", Node: "late", Requested: 58 * time.Minute, Registered: time.Hour, Ready: time.Hour, Gone: 90 * time.Minute, Failed: never},
		},
		Decisions: []history.Decision{
			{At: 58 * time.Minute, Kind: history.ScaleUp, Group: "late", Delta: 1, PodCount: 3, Reason: "3 pods need a node " + hostile},
			{At: 80 * time.Minute, Kind: history.Failed, Group: hostile, Delta: -1, Reason: "out of capacity"},
			{At: 90 * time.Minute, Kind: history.ScaleDown, Group: "late", Node: "late", Delta: -1, Reason: "unneeded"},
		},
	}
	return report.Build(h, report.Meta{
		Version: "v0.1.0", TraceName: "morning " + hostile, TraceSHA256: strings.Repeat("ab", 32), Start: start, Seed: 7,
		Options: map[string]string{"onError": hostile},
	}), h
}

// big is a day of 10,000 nodes and 100,000 pods, half of which wait for a while.
func big() (*report.Report, *history.History) {
	h := &history.History{End: 24 * time.Hour}
	for i := range 10_000 {
		n := node(fmt.Sprintf("ip-10-%d-%d.eu-central-1.compute.internal", i/256, i%256), 0, never)
		if i >= 6_000 {
			n.Added = time.Duration(i-6_000) * 9 * time.Second
			n.Removed = n.Added + 10*time.Hour
		}
		n.Allocatable["nvidia.com/gpu"], n.Allocatable["ephemeral-storage"] = 8, 1<<40
		h.Nodes = append(h.Nodes, n)
	}
	for i := range 100_000 {
		at := time.Duration(i*7919%86_400) * time.Second
		wait := max(0, time.Duration(i%1000-500)) * time.Second / 3
		p := pod(fmt.Sprintf("train-the-great-model-%06d-%s", i, strings.Repeat("x", 30)), h.Nodes[i*31%6_000].Name, at, at+wait, at+wait+time.Duration(1+i%9)*time.Hour)
		p.Owner = fmt.Sprintf("Job/train-the-great-model-%04d", i%500)
		p.Requests = history.Resources{"cpu": 1000, "memory": 4 << 30, "nvidia.com/gpu": int64(i % 3), "ephemeral-storage": 1 << 33}
		switch {
		case i%17 == 0:
			p.Phase, p.ExitCode = "Failed", 1
		case i%23 == 0:
			p.Bound, p.Started, p.Finished, p.Phase, p.Node, p.HasExit = never, never, never, "Pending", "", false
			p.Reason = fmt.Sprintf("Insufficient nvidia.com/gpu, node(s) didn't match rule %d of many", i%300)
			p.Message = strings.Repeat(fmt.Sprintf("0/10000 nodes are available: %d %s. ", i, p.Reason), 20)
		}
		h.Pods = append(h.Pods, p)
	}
	return report.Build(h, report.Meta{Version: "v0.1.0", TraceName: "a big day", Start: start, Seed: 1}), h
}

func written(t *testing.T, run func() (*report.Report, *history.History)) string {
	t.Helper()
	r, h := run()
	var b bytes.Buffer
	if err := WriteReport(&b, r, h); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPage looks at what every page must be: one file that loads nothing, and
// whose text cannot become markup.
func TestPage(t *testing.T) {
	page := written(t, morning)
	for what, want := range map[string]int{
		"<script": 3, "</script>": 3, "<style>": 1, "<!--": 0, "<img src=x": 0, "<iframe": 0, "@import": 0, "\r": 0,
		`<div id="app"></div>`: 1, `<html lang="en">`: 1, `http-equiv="Content-Security-Policy"`: 1, "sourceMappingURL": 0,
	} {
		if got := strings.Count(page, what); got != want {
			t.Errorf("%q occurs %d times, want %d", what, got, want)
		}
	}
	if strings.Contains(page, `</script><script>document`) || !strings.Contains(page, `\u003c/script\u003e\u003cscript\u003edocument`) {
		t.Error("the trace's text is not escaped")
	}
	if title := regexp.MustCompile(`(?s)<title>(.*?)</title>`).FindStringSubmatch(page)[1]; !strings.HasPrefix(title, "morning &lt;/script&gt;&lt;script&gt;") {
		t.Errorf("title %s", title)
	}
}

// TestPolicyNamesTheScripts computes the digests as a browser does, from the page.
func TestPolicyNamesTheScripts(t *testing.T) {
	page := written(t, morning)
	scripts := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllStringSubmatch(page, -1)
	if len(scripts) != 2 {
		t.Fatalf("%d scripts", len(scripts))
	}
	want := stdhtml.EscapeString(policy(scripts[0][1], scripts[1][1]))
	got := regexp.MustCompile(`Content-Security-Policy" content="(.*?)"`).FindStringSubmatch(page)[1]
	if stdhtml.UnescapeString(got) != stdhtml.UnescapeString(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestPageIsTheSame(t *testing.T) {
	first := written(t, morning)
	r, h := morning()
	slices.Reverse(h.Pods)
	slices.Reverse(h.Nodes)
	if written(t, func() (*report.Report, *history.History) { return r, h }) != first {
		t.Error("the order of the history's pods or nodes matters")
	}
}

// dataOf reads a page's data back.
func dataOf(t *testing.T, page string) reportData {
	t.Helper()
	text := regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`).FindStringSubmatch(page)[1]
	var d reportData
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestBigPageIsBounded(t *testing.T) {
	page := written(t, big)
	if len(page) > 5_000_000 {
		t.Errorf("%d bytes", len(page))
	}
	d := dataOf(t, page).Detail
	if len(d.Heat.Bands) != 120 || d.Heat.PerBand != 84 || d.Heat.Nodes != 10_000 {
		t.Errorf("%d bands of %d of %d nodes", len(d.Heat.Bands), d.Heat.PerBand, d.Heat.Nodes)
	}
	if n := len(d.Pods.Pending.Pods); n != maxListed || d.Pods.Pending.Total <= n {
		t.Errorf("%d of %d pending pods", n, d.Pods.Pending.Total)
	}
	reasons := map[string]int{}
	for _, p := range d.Pods.Pending.Pods {
		reasons[p.Reason]++
	}
	if len(reasons) != 300 {
		t.Errorf("pods of %d reasons of 300 are listed", len(reasons))
	}
}

func TestWriteReportFails(t *testing.T) {
	r, h := morning()
	if err := WriteReport(full{}, r, h); !errors.Is(err, errFull) {
		t.Errorf("got error %v", err)
	}
	r.Options = func() {}
	if err := WriteReport(&bytes.Buffer{}, r, h); err == nil {
		t.Error("options that are no JSON: no error")
	}
	if err := WriteCompare(&bytes.Buffer{}, "x", nil, nil); err == nil {
		t.Error("no runs: no error")
	}
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// TestNoticeNamesTheVersion keeps what is said about the chart library true.
func TestNoticeNamesTheVersion(t *testing.T) {
	pkg, err := os.ReadFile("charts/package.json")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`"echarts": "([0-9.]+)"`).FindSubmatch(pkg)
	if version == nil || !strings.Contains(charts[:200], fmt.Sprintf("Apache ECharts %s,", version[1])) {
		t.Errorf("package.json %s; echarts.min.js begins %s", version, charts[:200])
	}
	notice, err := os.ReadFile("charts/notice.js")
	if err != nil || !strings.HasPrefix(charts, string(notice)) {
		t.Errorf("echarts.min.js does not begin with notice.js: %v", err)
	}
}
