// Command bench measures simk. It generates traces, replays each with the
// program that users run, in a process of its own, and prints one table:
//
//	make bench
//	go run ./sim/bench -simk ./simk -run 'idle|day'
//	go run ./sim/bench -quick
//
// The traces are the same on every machine and in every run; what is measured
// is wall time and peak memory of the whole process, start and report included.
// A run whose outcome is not what its trace asks for is an error, not a figure.
//
// This program itself lives in wall-clock time: it is built without simk's
// tags, and it imports nothing of Kubernetes, which would else be compiled a
// second time.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

type options struct {
	simk     string
	json     string
	testdata string
	traces   string
	run      string
	quick    bool
	timeout  time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.simk, "simk", "./simk", "the `program` to measure")
	flag.StringVar(&o.json, "json", "", "write the figures to this `file` too")
	flag.StringVar(&o.testdata, "testdata", "testdata", "`folder` with k8s-sims")
	flag.StringVar(&o.traces, "traces", "", "keep the generated traces in this `folder`")
	flag.StringVar(&o.run, "run", "", "measure only the rows whose names match this `regexp`")
	flag.BoolVar(&o.quick, "quick", false, "measure only start and burst-100")
	flag.DurationVar(&o.timeout, "timeout", 10*time.Minute, "of each run, in wall time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := usable()
	if err == nil {
		err = bench(ctx, o, os.Stdout)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// usable says what is wrong with how this program was built or called.
func usable() error {
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	if time.Now().Year() == 2009 {
		return errors.New("this is a build with the faketime tag, which cannot measure; build it without")
	}
	return nil
}

// bench measures the chosen rows one after the other. A row that fails is in
// the table with its error and does not keep the others from being measured.
// An interrupt leaves the table of the rows so far, and no file.
func bench(ctx context.Context, o options, out io.Writer) error {
	simk, err := exec.LookPath(o.simk)
	if err != nil {
		return fmt.Errorf("find the program to measure (make build): %w", err)
	}
	chosen, err := choose(rows(filepath.Join(o.testdata, "k8s-sims")), o)
	if err != nil {
		return err
	}
	dir, remove, err := traceFolder(o.traces)
	if err != nil {
		return err
	}
	defer remove()

	results := newResults()
	m := meter{simk: simk, dir: dir, timeout: o.timeout}
	failed := 0
	for i, row := range chosen {
		fmt.Fprintf(os.Stderr, "bench: %d of %d: %s: %s\n", i+1, len(chosen), row.name, row.what)
		result := m.measure(ctx, row)
		if ctx.Err() != nil {
			break
		}
		if result.Error != "" {
			failed++
		}
		results.add(result)
	}
	if err := results.print(out); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	if o.json != "" {
		if err := results.write(o.json); err != nil {
			return fmt.Errorf("write figures: %w", err)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d rows failed", failed, len(chosen))
	}
	return nil
}

// choose returns the rows that are wanted.
func choose(all []row, o options) ([]row, error) {
	wanted, err := regexp.Compile(o.run)
	if err != nil {
		return nil, fmt.Errorf("-run: %w", err)
	}
	var chosen []row
	for _, r := range all {
		if wanted.MatchString(r.name) && (r.quick || !o.quick) {
			chosen = append(chosen, r)
		}
	}
	if len(chosen) == 0 {
		return nil, errors.New("no row matches -run")
	}
	return chosen, nil
}

// traceFolder makes the folder for the traces, a temporary one if none is named.
func traceFolder(named string) (dir string, remove func(), err error) {
	if named != "" {
		if err := os.MkdirAll(named, 0o755); err != nil {
			return "", nil, fmt.Errorf("create folder for traces: %w", err)
		}
		return named, func() {}, nil
	}
	if dir, err = os.MkdirTemp("", "simk-bench-"); err != nil {
		return "", nil, fmt.Errorf("create folder for traces: %w", err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}
