// Command schedule compares two recordings of who ran when, and shows where two
// runs that should have been equal parted:
//
//	SIMK_SCHEDULE=a.rec ./simk replay trace.json
//	SIMK_SCHEDULE=b.rec ./simk replay trace.json
//	go run ./sim/clock/schedule -binary ./simk a.rec b.rec
//
// The recorder is in the virtual build's runtime (sim/clock/overlay); it writes some
// 100 MB for each million of goroutine switches. The runtime's own goroutines are
// left out: that they run at other times is not a difference.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

func main() {
	binary := flag.String("binary", "./simk", "the `program` that was recorded")
	context := flag.Int("n", 20, "how many entries to show before and after")
	flag.Parse()
	if flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: schedule [-binary PROGRAM] [-n COUNT] RECORDING RECORDING")
		os.Exit(1)
	}
	same, err := compare(os.Stdout, *binary, flag.Arg(0), flag.Arg(1), *context)
	if err != nil {
		fmt.Fprintf(os.Stderr, "schedule: %v\n", err)
		os.Exit(1)
	}
	if !same {
		os.Exit(3)
	}
}

// compare prints the first difference, or that there is none.
func compare(out io.Writer, binary, a, b string, context int) (same bool, err error) {
	symbols, err := loadSymbols(binary, a, b)
	if err != nil {
		return false, err
	}
	left, err := openRecording(a, symbols)
	if err != nil {
		return false, err
	}
	defer left.close()
	right, err := openRecording(b, symbols)
	if err != nil {
		return false, err
	}
	defer right.close()
	var before []*record
	for n := 0; ; n++ {
		x, errX := left.next()
		y, errY := right.next()
		if err := errors.Join(unlessEOF(errX), unlessEOF(errY)); err != nil {
			return false, err
		}
		switch {
		case x == nil && y == nil:
			fmt.Fprintf(out, "no difference in %d entries\n", n)
			return true, nil
		case x == nil || y == nil:
			fmt.Fprintf(out, "no difference in %d entries, after which one recording ends\n", n)
			return true, nil // the last entries are not written when a program ends
		case x.equal(y):
			before = append(before, x)
			if len(before) > context {
				before = before[1:]
			}
			continue
		}
		fmt.Fprintf(out, "entry %d differs; before it:\n", n)
		if err := show(out, symbols, before); err != nil {
			return false, err
		}
		for _, side := range []struct {
			r     *recording
			first *record
			name  string
		}{{left, x, a}, {right, y, b}} {
			fmt.Fprintf(out, "\n%s:\n", side.name)
			if err := show(out, symbols, append([]*record{side.first}, side.r.some(context)...)); err != nil {
				return false, err
			}
		}
		return false, nil
	}
}

func unlessEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// show prints entries with the names of the functions in their stacks.
func show(out io.Writer, symbols *symbols, records []*record) error {
	var pcs []uint64
	for _, r := range records {
		pcs = append(append(pcs, r.StartPC), r.Stack[:]...)
	}
	if err := symbols.learn(pcs); err != nil {
		return err
	}
	what := map[uint64]string{kindRuns: "runs", kindDraws: "draws a random number", kindReady: "may run"}
	for _, r := range records {
		at := time.Unix(0, int64(r.Time)).UTC().Format(time.RFC3339Nano)
		fmt.Fprintf(out, "%s  goroutine %d (%s) %s\n", at, r.GoID, symbols.name(r.StartPC), what[r.Kind])
		var stack []string
		for _, pc := range r.Stack {
			if pc != 0 {
				stack = append(stack, symbols.name(pc))
			}
		}
		if len(stack) > 0 {
			fmt.Fprintf(out, "    %s\n", strings.Join(stack, " < "))
		}
	}
	return nil
}
