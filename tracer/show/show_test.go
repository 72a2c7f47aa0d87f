package show

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"simk.dev/simk/tracer"
)

func summaryOf(t *testing.T, text string) *Summary {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"apiVersion":"simk.dev/v1","kind":"Trace",`+text+`}`), 0o600))
	r, err := tracer.Open(path)
	require.NoError(t, err)
	defer r.Close()
	s, err := Of("trace.json", r)
	require.NoError(t, err)
	return s
}

func workload(kind, spec, template string) string {
	return fmt.Sprintf(`{"apiVersion":"apps/v1","kind":%q,"metadata":{"namespace":"shop","name":"web"},"spec":{%s"template":{%s"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"500m","memory":"1Gi"}}}]}}}}`,
		kind, spec, template)
}

// How many pods each kind of object asks for.
func TestPods(t *testing.T) {
	for _, c := range []struct {
		object string
		want   int
	}{
		{workload("Deployment", "", ""), 1},
		{workload("Deployment", `"replicas":3,`, ""), 3},
		{workload("Deployment", `"replicas":0,`, ""), 0},
		{workload("Deployment", `"replicas":-5,`, ""), 0},
		{workload("DaemonSet", "", ""), 0},
		{workload("Job", `"completions":5,"parallelism":2,`, ""), 5},
		{workload("Job", `"completions":1,"parallelism":2,`, ""), 1},
		{workload("Job", `"parallelism":2,`, ""), 2},
		{`{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"c"},"spec":{"jobTemplate":{"spec":{"completions":4,"template":{"spec":{"containers":[]}}}}}}`, 4},
		{`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"c"},"spec":{"containers":[]}}`, 1},
		{`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}`, 0},
	} {
		assert.Equal(t, c.want, summaryOf(t, `"objects":[`+c.object+`]`).Pods, c.object)
	}
}

// Scaling up counts the difference, and what was deleted counts anew.
func TestUpdates(t *testing.T) {
	scale := func(n int) string { return workload("Deployment", fmt.Sprintf(`"replicas":%d,`, n), "") }
	s := summaryOf(t, `"events":[{"at":"0s","apply":[`+scale(2)+`]},{"at":"1m","apply":[`+scale(5)+`]},{"at":"2m","apply":[`+scale(1)+`]},
		{"at":"3m","delete":[{"apiVersion":"apps/v1","kind":"Deployment","namespace":"shop","name":"web"}]},{"at":"4m","apply":[`+scale(3)+`]}]`)
	assert.Equal(t, 8, s.Pods)
	assert.Equal(t, []int{2, 3, 0, 0, 3}, s.Arrivals.Pods)
	assert.Equal(t, []Kind{{"apps/v1", "Deployment", 0, 4, 1}}, s.Kinds)
	assert.Equal(t, []Share{{"Deployment shop/web", 8}}, s.Owners)
	assert.Equal(t, []Request{
		{"cpu", 8, "4", "500m", "500m", "0", "0"},
		{"memory", 8, "8Gi", "1Gi", "1Gi", "0", "0"},
	}, s.Requests)
}

func TestLives(t *testing.T) {
	annotations := `"metadata":{"annotations":{"simk.dev/run-for":"90s","simk.dev/exit-code":"3","simk.dev/restarts":"2"}},`
	s := summaryOf(t, `"objects":[`+workload("Deployment", `"replicas":3,`, annotations)+`],
		"lifecycles":[{"owner":{"apiVersion":"apps/v1","kind":"Deployment","namespace":"shop","name":"web"},"pods":[{"runFor":"500ms"},{}]}]`)
	assert.Equal(t, Lives{
		Entries: 2, Annotated: 3,
		RunTimes:  []Bucket{{"under 1s", 1}, {"1m to 10m", 3}, {untilDeleted, 1}},
		ExitCodes: []Value{{0, 1}, {3, 3}},
		Restarts:  []Value{{0, 2}, {2, 3}},
	}, s.Lives)
}

// Nodes count as they were last; the sum is of all of them.
func TestNodes(t *testing.T) {
	node := func(name, cpu string) string {
		return fmt.Sprintf(`{"apiVersion":"v1","kind":"Node","metadata":{"name":%q},"status":{"capacity":{"cpu":%q}}}`, name, cpu)
	}
	s := summaryOf(t, `"objects":[`+node("a", "4")+","+node("b", "8")+","+node("c", "4")+","+workload("Deployment", "", "")+`],
		"events":[{"at":"1s","apply":[`+node("a", "8")+`]}]`)
	assert.Equal(t, Nodes{3, []NodeShape{{2, map[string]string{"cpu": "8"}}, {1, map[string]string{"cpu": "4"}}}}, s.Nodes)
	assert.Equal(t, "20", s.Requests[0].Allocatable)
	assert.Equal(t, "8", s.Requests[0].Biggest)
}

// The steps grow with the trace, and no pod is lost.
func TestArrivals(t *testing.T) {
	for _, c := range []struct {
		last, step time.Duration
	}{
		{time.Minute, time.Minute}, {47 * time.Minute, time.Minute}, {48 * time.Minute, 10 * time.Minute},
		{24 * time.Hour, time.Hour}, {7 * day, 6 * time.Hour}, {30 * day, day}, {200 * 365 * day, 3640 * day},
	} {
		a := newArrivals()
		n := 30_000
		for i := range n {
			a.add(c.last/time.Duration(n)*time.Duration(i), 1)
		}
		a.add(c.last, 1)
		steps := a.steps()
		sum := 0
		for _, pods := range steps.Pods {
			sum += pods
		}
		assert.Equal(t, n+1, sum)
		assert.Equal(t, tracer.FormatDuration(c.step), steps.Step, c.last.String())
		assert.LessOrEqual(t, len(steps.Pods), mostSteps)
		assert.LessOrEqual(t, len(a.pods), mostKept)
	}
}

// Many names are counted as others.
func TestShares(t *testing.T) {
	names := map[string]int{}
	for i := range mostNames + 5 {
		count(names, fmt.Sprint(i), 1)
	}
	assert.Len(t, names, mostNames+1)
	all := shares(names)
	require.Len(t, all, mostShown+1)
	assert.Equal(t, Share{others, mostNames + 5 - mostShown}, all[mostShown])
}

// The same trace gives the same text and JSON, and an empty one has no nulls.
func TestOutput(t *testing.T) {
	var first string
	for range 5 {
		r, err := tracer.Open("../../testdata/mixed.json")
		require.NoError(t, err)
		s, err := Of("mixed.json", r)
		r.Close()
		require.NoError(t, err)
		var text strings.Builder
		require.NoError(t, s.WriteText(&text))
		encoded, err := json.Marshal(s)
		require.NoError(t, err)
		both := text.String() + string(encoded)
		if first == "" {
			first = both
		}
		require.Equal(t, first, both)
	}
	encoded, err := json.Marshal(summaryOf(t, `"events":[]`))
	require.NoError(t, err)
	assert.NotContains(t, string(encoded), "null")
}
