package explain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	fwk "k8s.io/kube-scheduler/framework"

	"simk.dev/simk/scheduler"
)

func TestSets(t *testing.T) {
	for _, tc := range []struct {
		numbers []int
		text    string
	}{
		{[]int{0}, "0"},
		{[]int{0, 1}, "0-1"},
		{[]int{63, 64, 65, 200}, "63-65,200"},
		{[]int{1, 3, 4, 5, 127}, "1,3-5,127"},
	} {
		bits := make([]uint64, 4)
		for _, n := range tc.numbers {
			bits[n/64] |= 1 << (n % 64)
		}
		if got := setOf(bits); got != tc.text {
			t.Errorf("setOf(%v) = %q, want %q", tc.numbers, got, tc.text)
		}
		if got, err := members(tc.text, 256); err != nil || !slices.Equal(got, tc.numbers) {
			t.Errorf("members(%q) = %v, %v, want %v", tc.text, got, err, tc.numbers)
		}
	}
	for _, text := range []string{"", "a", "2-1", "0-256", "-1"} {
		if _, err := members(text, 256); err == nil {
			t.Errorf("members(%q) is no error", text)
		}
	}
}

// recorded is what a Writer makes of calls, and how that is read.
func recorded(t *testing.T, do func(w *Writer, at func(float64))) (string, *record) {
	t.Helper()
	var out bytes.Buffer
	now := 0.0
	e := json.NewEncoder(&out)
	w := NewWriter(All, func() float64 { return now }, func(l any) {
		if err := e.Encode(l); err != nil {
			t.Fatal(err)
		}
	})
	do(w, func(at float64) { now = at })
	text := out.String()
	r, err := parseRecord(&out)
	if err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	return text, r
}

func pod(name string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: name}}
}

func TestAttemptsOfEqualPodsShareTheirOutcome(t *testing.T) {
	names := []string{"n2", "n0", "n3", "n1"}
	text, r := recorded(t, func(w *Writer, at func(float64)) {
		for i := range 100 {
			at(float64(i))
			rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
			w.Failed(&scheduler.Failure{Pod: pod(fmt.Sprint("p", i%10)), Message: "long", Nodes: 5, Rejections: []scheduler.Rejection{
				{Plugin: "NodeResourcesFit", Reasons: []string{"Insufficient cpu", "Insufficient memory"}, Count: 4, Names: names},
				{Reasons: []string{"an extender"}, Count: 1},
			}, PostFilter: "preemption: no"})
		}
	})
	if n := strings.Count(text, "\n"); n != 1+1+1+1+10+100 {
		t.Errorf("%d lines, want a head, nodes, a set, an outcome, 10 pods and 100 attempts:\n%s", n, text[:min(len(text), 1000)])
	}
	if !strings.Contains(text, `"nodes":["n0","n1","n2","n3"]`) {
		t.Errorf("nodes are not numbered by name:\n%s", text[:500])
	}
	f := r.failed["a/p7"]
	if len(f) != 10 || f[0].At != 7 || f[9].At != 97 {
		t.Fatalf("attempts of p7: %v", f)
	}
	a, err := r.attempt(f[9].Outcome)
	if err != nil {
		t.Fatal(err)
	}
	if want := "0/5 nodes are available: 1 an extender, 4 Insufficient cpu, 4 Insufficient memory. preemption: no"; a.EventMessage() != want {
		t.Errorf("message %q, want %q", a.EventMessage(), want)
	}
	if want := []string{"n0", "n1", "n2", "n3"}; !slices.Equal(a.Rejections[0].Nodes, want) {
		t.Errorf("nodes %v, want %v", a.Rejections[0].Nodes, want)
	}
}

func TestNodesThatComeLaterKeepEarlierSets(t *testing.T) {
	reject := func(w *Writer, names ...string) {
		w.Failed(&scheduler.Failure{Pod: pod("p"), Nodes: len(names), Rejections: []scheduler.Rejection{
			{Plugin: "P", Reasons: []string{"no"}, Count: len(names), Names: names},
		}})
	}
	_, r := recorded(t, func(w *Writer, _ func(float64)) {
		reject(w, "z")
		reject(w, "a", "z")
		reject(w, "z")
	})
	f := r.failed["a/p"]
	if len(f) != 3 || f[0].Outcome != f[2].Outcome || f[0].Outcome == f[1].Outcome {
		t.Fatalf("outcomes %v, want the first and the last to be equal", f)
	}
	if !r.alike(f[0].Outcome, f[1].Outcome) {
		t.Error("outcomes with the same reasons are not alike")
	}
	a, err := r.attempt(f[1].Outcome)
	if err != nil || !slices.Equal(a.Rejections[0].Nodes, []string{"a", "z"}) {
		t.Errorf("nodes of the second attempt: %v, %v", a, err)
	}
}

func TestScoresOfTheChosenNodeComeFirst(t *testing.T) {
	var scores []fwk.NodePluginScores
	for i, total := range []int64{5, 90, 90, 70, 90} {
		scores = append(scores, fwk.NodePluginScores{Name: fmt.Sprint("n", i), TotalScore: total, Scores: []fwk.PluginScore{{Name: "A", Score: total}}})
	}
	_, r := recorded(t, func(w *Writer, _ func(float64)) {
		w.Placed(&scheduler.Placement{Pod: pod("p"), Node: "n4", Scores: scores})
		w.Placed(&scheduler.Placement{Pod: pod("q"), Node: "n1"})
	})
	p := r.placed["a/p"][0]
	var got []string
	for _, n := range p.Top {
		got = append(got, fmt.Sprintln(r.nodes[n.Node], n.Total, n.Scores))
	}
	if want := []string{"n4 90 [90]\n", "n1 90 [90]\n", "n2 90 [90]\n"}; p.Scored != 5 || !slices.Equal(got, want) {
		t.Errorf("of %d: %v, want %v of 5", p.Scored, got, want)
	}
	if q := r.placed["a/q"][0]; q.Scored != 0 || q.Top != nil || r.nodes[q.Node] != "n1" {
		t.Errorf("q: %+v", q)
	}
}

func TestDamagedRecords(t *testing.T) {
	head := `{"format":"simk.dev/explain/v1","mode":"all"}` + "\n"
	for _, tc := range []struct{ text, want string }{
		{"", "empty"},
		{`{"format":"simk.dev/explain/v9"}`, "is not simk.dev/explain/v1"},
		{head + `{"failed":{"pod":0,"outcome":0}}`, "line 2: it refers to something"},
		{head + `{"preempted":{"pod":-1,"by":0}}`, "line 2: it refers to something"},
		{head + `{"outcome":{"rejected":[{"set":0}]}}`, "line 2: it refers to something"},
		{head + `{"nodes":["n"]}{"pod":"a/p"}{"placed":{"pod":0,"node":0,"top":[{"node":0,"scores":[1]}]}}`, "line 4: it refers to something"},
		{head + `{"other":1}`, "line 2: it says nothing"},
		{head + `{"nodes":`, "line 2: unexpected EOF"},
	} {
		if _, err := parseRecord(strings.NewReader(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q: error %v, want one with %q", tc.text, err, tc.want)
		}
	}
}

func TestOffset(t *testing.T) {
	for seconds, want := range map[float64]string{0: "0s", 0.5: "500ms", 74: "1m14s", 60: "1m", 600: "10m", 3600: "1h", 3601: "1h0m1s", 36000: "10h", 11520: "3h12m", 62.5: "1m2.5s"} {
		if got := offset(seconds); got != want {
			t.Errorf("offset(%v) = %q, want %q", seconds, got, want)
		}
	}
}
