// Command conformance runs Kubernetes' own end-to-end tests against simk up:
//
//	make conformance
//	go run ./sim/conformance -simk ./simk -run 'sig-apps.*Job'
//	go run ./sim/conformance -list
//
// The suite is upstream's, unmodified, of the version in go.mod: the tests of its list of
// conformance tests. Those that need what no simulated container has are left out, with
// the reason, as classes.tsv says; -all runs them too. Several clusters run beside each
// other, each with nothing prepared by hand.
//
// It exits with 3 if a test failed that should pass. The first run compiles Kubernetes'
// tests, for some 10 minutes; the tests wait for most of an hour.
//
// This program lives in wall-clock time: it is built without simk's tags, and it imports
// nothing of Kubernetes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"syscall"
	"time"
)

type options struct {
	simk, build string
	run, class  string
	clusters    int
	chunk       int
	timeout     time.Duration
	all, list   bool
	known       bool
	results     string
}

func main() {
	var o options
	flag.StringVar(&o.simk, "simk", "./simk", "the `program` to test")
	flag.StringVar(&o.build, "build", "build/conformance", "keep what is compiled in this `folder`")
	flag.StringVar(&o.run, "run", "", "run only the tests whose names match this `regexp`")
	flag.StringVar(&o.class, "class", "", "run the tests of this `class`, whatever it needs")
	flag.IntVar(&o.clusters, "clusters", 4, "how many clusters run beside each other")
	flag.IntVar(&o.chunk, "chunk", 6, "how many tests a cluster runs before it is replaced by a new one")
	flag.DurationVar(&o.timeout, "timeout", 20*time.Minute, "of so many tests, in wall time")
	flag.BoolVar(&o.all, "all", false, "run those too that need a real container")
	flag.BoolVar(&o.known, "known-images", false, "start the clusters with --known-images, and run those too that need it")
	flag.BoolVar(&o.list, "list", false, "print the tests and the class of each, and run none")
	flag.StringVar(&o.results, "results", "", "write the outcome of each test to this `file`, tab-separated")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := conformance(ctx, o, os.Stdout)
	failed := (*failedError)(nil)
	switch {
	case errors.As(err, &failed):
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(3)
	case err != nil:
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// failedError says that tests failed.
type failedError struct{ failed, ran int }

func (e *failedError) Error() string { return fmt.Sprintf("%d of %d tests failed", e.failed, e.ran) }

func conformance(ctx context.Context, o options, w io.Writer) error {
	pattern, err := regexp.Compile(o.run)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	tests, err := conformanceTests(ctx)
	if err != nil {
		return err
	}
	if o.list {
		return list(w, tests)
	}
	tests = slices.DeleteFunc(tests, func(t test) bool { return !pattern.MatchString(t.name) || !o.wanted(t.class) })
	suite, err := buildSuite(ctx, o.build)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d tests in %d clusters\n", len(tests), o.clusters)
	outcomes := runAll(ctx, o, suite, tests, w)
	if err := ctx.Err(); err != nil {
		return err
	}
	return conclude(w, o.results, tests, outcomes)
}

// wanted says whether tests of a class are to be run.
func (o *options) wanted(class string) bool {
	if o.class != "" {
		return class == o.class
	}
	return o.all || class == classAPI || o.known && class == classKnownImages
}

// list prints the tests, and how many are in each class.
func list(w io.Writer, tests []test) error {
	count := map[string]int{}
	for _, t := range tests {
		count[t.class]++
		if _, err := fmt.Fprintf(w, "%s\t%s\n", t.class, t.name); err != nil {
			return err
		}
	}
	for _, class := range classes {
		if _, err := fmt.Fprintf(w, "# %s\t%d\t%s\n", class.name, count[class.name], class.what); err != nil {
			return err
		}
	}
	return nil
}
