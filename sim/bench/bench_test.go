package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const k8sSims = "../../testdata/k8s-sims"

func TestChoose(t *testing.T) {
	for name, c := range map[string]struct {
		options options
		want    string
	}{
		"all":   {options{}, "start burst-100 burst-1200 explain-off explain-pending explain-all lives idle-100 idle-1000 day big grow wave wave-karpenter million-validate million-show"},
		"quick": {options{quick: true}, "start burst-100"},
		"some":  {options{run: "^idle|day"}, "idle-100 idle-1000 day"},
	} {
		chosen, err := choose(rows(k8sSims), c.options)
		require.NoError(t, err, name)
		var names []string
		for _, r := range chosen {
			names = append(names, r.name)
		}
		assert.Equal(t, c.want, strings.Join(names, " "), name)
	}
	_, err := choose(rows(k8sSims), options{run: "nothing"})
	assert.Error(t, err)
	_, err = choose(rows(k8sSims), options{run: "("})
	assert.Error(t, err)
}

func TestReadyAfter(t *testing.T) {
	found, err := readyAfter("simk: something else\nsimk: took 1m2.5s (ready after 1.25s), 86400 virtual seconds per second\n")
	require.NoError(t, err)
	assert.Equal(t, 1250*time.Millisecond, found)
	_, err = readyAfter("simk: no such file\n")
	assert.ErrorContains(t, err, "no such file")
}

func TestMedian(t *testing.T) {
	s := []sample{{wall: 5}, {wall: 1}, {wall: 2}, {wall: 9}, {wall: 3}}
	assert.Equal(t, time.Duration(3), median(s).wall)
}

// TestReplay has a script in place of simk.
func TestReplay(t *testing.T) {
	replay := func(script string) (sample, error) {
		simk := filepath.Join(t.TempDir(), "simk")
		require.NoError(t, os.WriteFile(simk, []byte("#!/bin/sh\n"+script), 0o755))
		m := meter{simk: simk, timeout: time.Hour}
		return m.replay(context.Background(), "trace.json", nil)
	}
	const took = `echo "simk: took 2s (ready after 1s), 5 virtual seconds per second" >&2` + "\n"

	s, err := replay(took + `echo '{"simkVersion": "v1", "complete": true, "simulated": {"seconds": 10}, "pods": {"created": 7, "pendingAtEnd": 2}}'`)
	require.NoError(t, err)
	assert.Equal(t, time.Second, s.ready)
	assert.Equal(t, pods{Created: 7, PendingAtEnd: 2}, s.report.Pods)
	assert.InDelta(t, 10, s.report.Simulated.Seconds, 0)
	assert.Equal(t, "v1", s.report.SimkVersion)
	assert.Positive(t, s.peakRSS)

	_, err = replay(`echo "simk: trace.json:1:1: bad" >&2; exit 1`)
	assert.ErrorContains(t, err, "trace.json:1:1: bad")
	_, err = replay(took + `echo '{"complete": false}'`)
	assert.ErrorContains(t, err, "incomplete")
	_, err = replay(`echo '{"complete": true}'`)
	assert.ErrorContains(t, err, "did not say when it was ready")
}

// A row that only reads a trace runs its own command.
func TestReads(t *testing.T) {
	simk := filepath.Join(t.TempDir(), "simk")
	require.NoError(t, os.WriteFile(simk, []byte("#!/bin/sh\ntest \"$*\" = \"trace show trace.json\" || { echo \"bad: $*\" >&2; exit 1; }"), 0o755))
	m := meter{simk: simk, timeout: time.Hour}
	s, err := m.run(context.Background(), row{reads: []string{"trace", "show"}}, "trace.json", nil)
	require.NoError(t, err)
	assert.Positive(t, s.peakRSS)
	_, err = m.run(context.Background(), row{reads: []string{"trace", "validate"}}, "trace.json", nil)
	assert.ErrorContains(t, err, "bad: trace validate trace.json")
}

// TestBench has a script in place of simk that makes 1,067 pods, whatever it is given.
func TestBench(t *testing.T) {
	dir := t.TempDir()
	o := options{simk: filepath.Join(dir, "simk"), testdata: "../../testdata", json: filepath.Join(dir, "bench.json"), timeout: time.Hour, quick: true}
	require.NoError(t, os.WriteFile(o.simk, []byte(`#!/bin/sh
echo "simk: took 2s (ready after 1s), 5 virtual seconds per second" >&2
echo '{"complete": true, "pods": {"created": 1067}}'`), 0o755))

	var out strings.Builder
	require.ErrorContains(t, bench(context.Background(), o, &out), "1 of 2 rows failed")
	assert.Contains(t, out.String(), "FAILED: 1067 pods created, want 0")
	assert.FileExists(t, o.json, "the rows that did not fail are worth keeping")

	o.run = "burst"
	require.NoError(t, bench(context.Background(), o, &out))

	require.NoError(t, os.Remove(o.json))
	interrupted, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorContains(t, bench(interrupted, o, &out), "interrupted")
	assert.NoFileExists(t, o.json)

	o.simk = filepath.Join(dir, "missing")
	assert.ErrorContains(t, bench(context.Background(), o, &out), "make build")
}

func someResults() *results {
	fast := sample{wall: 2 * time.Second, ready: time.Second, peakRSS: 100 * mega}
	fast.report.Pods.Created, fast.report.Simulated.Seconds, fast.report.SimkVersion = 600, 100, "v1"
	r := newResults()
	r.add(newResult(row{name: "fast", goal: goal{wall: 2 * time.Second, peakRSS: 100 * mega, podsPerSecond: 300}}, fast, nil))
	r.add(newResult(row{name: "slow", goal: goal{wall: time.Second}}, fast, nil))
	r.add(newResult(row{name: "fat", goal: goal{peakRSS: 99 * mega}}, fast, nil))
	r.add(newResult(row{name: "read", events: 90_000, goal: reading}, sample{wall: 2 * time.Second, peakRSS: mega}, nil))
	r.add(newResult(row{name: "wrong", goal: goal{wall: time.Hour}}, sample{}, errors.New("7 pods created, want 8")))
	return r
}

func TestPrint(t *testing.T) {
	var out strings.Builder
	require.NoError(t, someResults().print(&out))
	lines := strings.Split(out.String(), "\n")
	assert.Contains(t, lines[0], "simk v1 on ")
	assert.Regexp(t, `^fast +2\.00 +1\.00 +50 +600 +300 +0 +0 +100 +≤ 2 s, ≤ 100 MB, ≥ 300 pods/s *$`, lines[3])
	assert.Regexp(t, `^slow .*≤ 1 s  MISSED$`, lines[4])
	assert.Regexp(t, `^fat .*≤ 99 MB  MISSED$`, lines[5])
	assert.Regexp(t, `^read .* 45000 +0 +1 +≤ 400 MB, ≥ 50000 events/s  MISSED$`, lines[6])
	assert.Regexp(t, `^wrong .*FAILED: 7 pods created, want 8$`, lines[7])
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "bench.json")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	require.NoError(t, someResults().write(path))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"peakRSSBytes": 100000000`)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, files, 1, "the temporary file is left")
	assert.Error(t, someResults().write(filepath.Join(dir, "missing", "bench.json")))
}
