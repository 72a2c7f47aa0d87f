package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"simk.dev/simk/tracer"
)

// TestTraces generates each row's trace twice, and reads it as simk does.
func TestTraces(t *testing.T) {
	want := map[string]struct {
		nodes, applied, deleted int
		duration, last          time.Duration
	}{
		"start":          {0, 0, 0, time.Second, 0},
		"burst-100":      {100, 1067, 0, 10 * time.Minute, 0},
		"burst-1200":     {1213, 7064, 0, 10 * time.Minute, 0},
		"lives":          {500, 20_000, 20_000, 711 * time.Second, 701*time.Second - 20*time.Millisecond},
		"idle-100":       {100, 0, 0, 24 * time.Hour, 0},
		"idle-1000":      {1000, 0, 0, 24 * time.Hour, 0},
		"day":            {500, -1, 0, 24 * time.Hour, -1},
		"big":            {5000, 20_000, 0, time.Hour, 0},
		"grow":           {0, growPods, 0, 10 * time.Minute, 0},
		"wave":           {0, -1, 0, 24 * time.Hour, -1},
		"wave-karpenter": {0, -1, 0, 24 * time.Hour, -1},
		"arrivals":       {1000, 6000, 1000, 5 * time.Minute, 5*time.Minute - arrivalsEvery},
	}
	for _, name := range []string{"explain-off", "explain-pending", "explain-all"} { // replays of the same burst
		want[name] = want["burst-100"]
	}
	all := slices.DeleteFunc(rows(k8sSims), func(r row) bool { return r.reads != nil })
	all = append(all, row{name: "arrivals", trace: arrivals(6000)}) // as the million, but short
	for _, r := range all {
		t.Run(r.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "trace.json")
			require.NoError(t, writeTrace(path, r))
			summary, err := tracer.Check(path, tracer.CheckOptions{})
			require.NoError(t, err)
			require.NoError(t, writeTrace(path, r))
			again, err := tracer.Check(path, tracer.CheckOptions{})
			require.NoError(t, err)
			assert.Equal(t, summary.SHA256, again.SHA256, "the trace differs from time to time")

			w, found := want[r.name]
			require.True(t, found, "no expectation for this row")
			nodes := 0
			for _, o := range summary.Head.Objects {
				if o.GetKind() == "Node" {
					nodes++
				}
			}
			applied, deleted := count(t, path)
			assert.Equal(t, w.nodes, nodes)
			assert.Equal(t, w.duration, summary.Head.Duration)
			if w.applied >= 0 {
				assert.Equal(t, w.applied, applied)
				assert.Equal(t, w.last, summary.LastEvent)
			}
			assert.Equal(t, w.deleted, deleted)
		})
	}
}

// count counts what the events of a trace apply and delete.
func count(t *testing.T, path string) (applied, deleted int) {
	t.Helper()
	eachEvent(t, path, func(e *tracer.Event) {
		applied += len(e.Apply)
		deleted += len(e.Delete)
	})
	return applied, deleted
}

func eachEvent(t *testing.T, path string, do func(*tracer.Event)) {
	t.Helper()
	r, err := tracer.Open(path)
	require.NoError(t, err)
	defer r.Close()
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
		do(e)
	}
}

// TestDay adds up the pods that the workloads of the day will make.
func TestDay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "day.json")
	require.NoError(t, writeTrace(path, row{trace: day}))
	var completions, scaledUp int64
	replicas := map[string]int64{}
	eachEvent(t, path, func(e *tracer.Event) {
		for _, o := range e.Apply {
			spec := o.Object["spec"].(map[string]any)
			switch o.GetKind() {
			case "Job":
				completions += spec["completions"].(int64)
				run := runFor(t, spec)
				waves := (spec["completions"].(int64) + spec["parallelism"].(int64) - 1) / spec["parallelism"].(int64)
				assert.LessOrEqual(t, e.At+time.Duration(waves)*run, 24*time.Hour, o.GetName())
			case "Deployment":
				n := spec["replicas"].(int64)
				scaledUp += max(0, n-replicas[o.GetName()])
				replicas[o.GetName()] = n
			default:
				t.Errorf("unexpected %s", o.GetKind())
			}
		}
	})
	assert.EqualValues(t, jobPods, completions)
	assert.EqualValues(t, deploymentPods, scaledUp)
	assert.Len(t, replicas, 20)
}

func runFor(t *testing.T, spec map[string]any) time.Duration {
	t.Helper()
	metadata := spec["template"].(map[string]any)["metadata"].(map[string]any)
	d, err := time.ParseDuration(metadata["annotations"].(map[string]any)["simk.dev/run-for"].(string))
	require.NoError(t, err)
	return d
}

func TestTraceErrors(t *testing.T) {
	dir := t.TempDir()
	assert.Error(t, writeTrace(filepath.Join(dir, "missing", "t.json"), row{trace: empty}))
	assert.ErrorIs(t, writeTrace(filepath.Join(dir, "t.json"), row{trace: manifests(dir, "100")}), os.ErrNotExist)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "nodes-1.yaml.gz"), []byte("not gzip"), 0o600))
	assert.ErrorContains(t, writeTrace(filepath.Join(dir, "t.json"), row{trace: manifests(dir, "1")}), "nodes-1.yaml.gz")
}
