package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// outcome is what became of a test.
type outcome struct {
	state   string // passed, failed or skipped, as Ginkgo says it
	seconds float64
	message string
}

// runAll runs the tests, in chunks, each chunk in a cluster of its own.
func runAll(ctx context.Context, o options, s suite, tests []test, w io.Writer) map[string]outcome {
	var chunks = make(chan []test)
	go func() {
		defer close(chunks)
		for len(tests) > 0 && ctx.Err() == nil {
			n := min(o.chunk, len(tests))
			chunks <- tests[:n]
			tests = tests[n:]
		}
	}()
	var mu sync.Mutex
	outcomes := map[string]outcome{}
	var all sync.WaitGroup
	for range o.clusters {
		all.Go(func() {
			for chunk := range chunks {
				found, err := runChunk(ctx, o, s, chunk)
				mu.Lock()
				for _, t := range chunk {
					one, ok := found[t.name]
					if !ok {
						one = outcome{state: "failed", message: fmt.Sprintf("it did not run: %v", err)}
					}
					outcomes[t.name] = one
					fmt.Fprintf(w, "%-7s %6.1f s  %s\n", one.state, one.seconds, t.name)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return outcomes
}

// runChunk runs tests, one after the other, in a new cluster.
func runChunk(ctx context.Context, o options, s suite, chunk []test) (map[string]outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	dir, err := os.MkdirTemp("", "simk-conformance-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	kubeconfig := filepath.Join(dir, "kubeconfig")
	stop, err := startCluster(ctx, o, dir, kubeconfig)
	if err != nil {
		return nil, err
	}
	defer stop()
	names := make([]string, len(chunk))
	for i, t := range chunk {
		names[i] = " " + regexp.QuoteMeta(t.name) + "$" // after the suite's own name
	}
	report := filepath.Join(dir, "junit.xml")
	cmd := exec.CommandContext(ctx, s.tests, "--kubeconfig="+kubeconfig, "--provider=skeleton", "--kubectl-path="+s.kubectl,
		"--ginkgo.focus="+strings.Join(names, "|"), "--ginkgo.junit-report="+report, "--ginkgo.timeout="+(o.timeout-time.Minute).String(),
		"--ginkgo.no-color", "--ginkgo.silence-skips", "--disable-log-dump")
	var log bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &log, &log
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	failed := cmd.Run()
	if text := os.Getenv("SIMK_CONFORMANCE_LOGS"); text != "" {
		_ = os.WriteFile(filepath.Join(text, filepath.Base(dir)+".log"), log.Bytes(), 0o644)
	}
	found, err := readReport(report)
	if err != nil {
		return nil, errors.Join(failed, err, errors.New(lastLines(log.String(), 5)))
	}
	return found, failed
}

// startCluster starts simk up and returns when its kubeconfig is there.
func startCluster(ctx context.Context, o options, dir, kubeconfig string) (stop func(), err error) {
	args := []string{"up", "--kubeconfig", kubeconfig}
	if o.known {
		args = append(args, "--known-images")
	}
	simk, err := filepath.Abs(o.simk)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(simk, args...)
	var log bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &log, &log
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "XDG_RUNTIME_DIR=")
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start simk up (make build): %w", err)
	}
	stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		late.Stop()
	}
	for deadline := time.Now().Add(time.Minute); !exists(kubeconfig); time.Sleep(100 * time.Millisecond) {
		if ctx.Err() != nil || time.Now().After(deadline) {
			stop()
			return nil, fmt.Errorf("simk up is not ready: %s", lastLines(log.String(), 5))
		}
	}
	return stop, nil
}

// junit is the part of Ginkgo's report that is read.
type junit struct {
	Suites []struct {
		Cases []struct {
			Name    string  `xml:"name,attr"`
			Status  string  `xml:"status,attr"`
			Time    float64 `xml:"time,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// decorated is what Ginkgo writes around a test's name: "[It] name [labels]".
var decorated = regexp.MustCompile(`^\[It\] (.*?)( \[[^\[\]]*, [^\[\]]*\])?$`)

func readReport(path string) (map[string]outcome, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the suite left no report: %w", err)
	}
	var report junit
	if err := xml.Unmarshal(text, &report); err != nil {
		return nil, fmt.Errorf("read the suite's report: %w", err)
	}
	found := map[string]outcome{}
	for _, s := range report.Suites {
		for _, c := range s.Cases {
			parts := decorated.FindStringSubmatch(c.Name)
			if parts == nil || c.Status == "skipped" && c.Failure == nil && c.Time == 0 {
				continue
			}
			one := outcome{state: c.Status, seconds: c.Time}
			if c.Failure != nil {
				one.message = c.Failure.Message
			}
			found[parts[1]] = one
		}
	}
	return found, nil
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// conclude says how many passed and which failed, and writes the results.
func conclude(w io.Writer, results string, tests []test, outcomes map[string]outcome) error {
	var table strings.Builder
	failed := 0
	for _, t := range tests {
		one := outcomes[t.name]
		message := strings.Join(strings.Fields(one.message), " ")
		fmt.Fprintf(&table, "%s\t%s\t%.1f\t%s\t%s\n", one.state, t.class, one.seconds, t.name, message)
		if one.state != "passed" {
			failed++
			fmt.Fprintf(w, "FAILED %s\n       %s\n", t.name, message)
		}
	}
	fmt.Fprintf(w, "%d of %d passed\n", len(tests)-failed, len(tests))
	if results != "" {
		if err := os.WriteFile(results, []byte(table.String()), 0o644); err != nil {
			return err
		}
	}
	if failed > 0 {
		return &failedError{failed, len(tests)}
	}
	return nil
}
