package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// meter measures rows.
type meter struct {
	simk    string
	dir     string // of the traces
	timeout time.Duration
}

// sample is one replay, as seen from outside.
type sample struct {
	wall    time.Duration
	ready   time.Duration // as simk says it
	peakRSS int64         // bytes
	report  report
}

// report is the part of simk's report that is needed here.
type report struct {
	SimkVersion string `json:"simkVersion"`
	Complete    bool   `json:"complete"`
	Simulated   struct {
		Seconds float64 `json:"seconds"`
	} `json:"simulated"`
	Pods pods `json:"pods"`
}

// pods are numbers of pods, as in simk's report.
type pods struct {
	Created      int `json:"created"`
	Bound        int `json:"bound"`
	Succeeded    int `json:"succeeded"`
	Deleted      int `json:"deleted"`
	PendingAtEnd int `json:"pendingAtEnd"`
	RunningAtEnd int `json:"runningAtEnd"`
}

// measure generates the row's trace and replays it.
func (m *meter) measure(ctx context.Context, r row) result {
	path := filepath.Join(m.dir, r.name+".json")
	if err := writeTrace(path, r); err != nil {
		return newResult(r, sample{}, fmt.Errorf("write trace: %w", err))
	}
	var flags []string
	if r.autoscaler != "" {
		file := filepath.Join(m.dir, r.name+".yaml")
		if err := os.WriteFile(file, []byte(r.autoscaler), 0o600); err != nil {
			return newResult(r, sample{}, fmt.Errorf("write autoscaler file: %w", err))
		}
		flags = []string{"--autoscaler", file}
	}
	if r.explain != "" {
		flags = append(flags, "--explain", r.explain, "--out", filepath.Join(m.dir, r.name))
	}
	var samples []sample
	for range max(r.runs, 1) {
		s, err := m.run(ctx, r, path, flags)
		if err == nil && r.want != nil {
			err = r.want(s.report.Pods)
		}
		if err != nil {
			return newResult(r, s, err)
		}
		samples = append(samples, s)
	}
	return newResult(r, median(samples), nil)
}

// median returns the sample of the median wall time.
func median(samples []sample) sample {
	slices.SortFunc(samples, func(a, b sample) int { return int(a.wall - b.wall) })
	return samples[len(samples)/2]
}

// run runs simk once.
func (m *meter) run(ctx context.Context, r row, trace string, flags []string) (sample, error) {
	if r.reads == nil {
		return m.replay(ctx, trace, flags)
	}
	s, _, _, err := m.simkOnce(ctx, append(slices.Clone(r.reads), trace)...)
	return s, err
}

// replay replays a trace once.
func (m *meter) replay(ctx context.Context, trace string, flags []string) (s sample, err error) {
	s, stdout, stderr, err := m.simkOnce(ctx, slices.Concat([]string{"replay", "-o", "json"}, flags, []string{trace})...)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(stdout, &s.report); err != nil {
		return s, fmt.Errorf("read simk's report: %w", err)
	}
	if !s.report.Complete {
		return s, fmt.Errorf("the run is incomplete")
	}
	s.ready, err = readyAfter(stderr)
	return s, err
}

// simkOnce runs simk with arguments.
func (m *meter) simkOnce(ctx context.Context, args ...string) (s sample, out []byte, messages string, err error) {
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, m.simk, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // simk cleans up after itself
	cmd.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	err = cmd.Run()
	s.wall = time.Since(began)
	s.peakRSS = peakRSS(cmd.ProcessState)
	if ctx.Err() == context.DeadlineExceeded {
		return s, nil, "", fmt.Errorf("not done after %v", m.timeout)
	}
	if err != nil {
		return s, nil, "", fmt.Errorf("%s: %w: %s", strings.Join(args[:len(args)-1], " "), err, lastLine(stderr.String()))
	}
	return s, stdout.Bytes(), stderr.String(), nil
}

// peakRSS is the most memory that the process ever held. Linux counts that of
// the process it was forked from, too, until it became simk: this program has
// to stay smaller than simk, and writes its traces piece by piece.
func peakRSS(state *os.ProcessState) int64 {
	if state == nil {
		return 0
	}
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss) //nolint:unconvert // bytes, and not an int64 on every system
	}
	return int64(usage.Maxrss) * 1024 //nolint:unconvert // KiB on Linux and the BSDs
}

var readyText = regexp.MustCompile(`(?m)^simk: took \S+ \(ready after ([^)]+)\)`)

// readyAfter finds in what simk prints how long it took to be ready for the trace.
func readyAfter(stderr string) (time.Duration, error) {
	found := readyText.FindStringSubmatch(stderr)
	if found == nil {
		return 0, fmt.Errorf("simk did not say when it was ready: %q", lastLine(stderr))
	}
	return time.ParseDuration(found[1])
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
