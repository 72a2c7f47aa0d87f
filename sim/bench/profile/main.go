// Command profile makes the profile by which the compiler optimises simk (sim/bench/simk.pgo)
// from what perf saw of it. The Go runtime's own profiler cannot be used: it waits
// for signals in real time (docs/virtual-time.md). `make profile` does all of it:
//
//	perf script -i perf.data -F comm,ip | go run ./sim/bench/profile > raw.pb.gz
//	pprof -proto -symbolize=local -output named.pb.gz simk raw.pb.gz
//	go run ./sim/bench/profile -clean < named.pb.gz > sim/bench/simk.pgo
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/google/pprof/profile"
)

func main() {
	tidy := flag.Bool("clean", false, "take the paths of this machine out of a named profile")
	flag.Parse()
	do := convert
	if *tidy {
		do = clean
	}
	if err := do(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "profile:", err)
		os.Exit(1)
	}
}

const (
	program = "simk"
	// textStart is where the linker puts a Go program for Linux; perf prints
	// addresses as offsets in the file.
	textStart = 0x400000
	textLimit = 0x40000000
	// maxLine bounds a line of perf's.
	maxLine = 1 << 20
)

// convert reads stacks as perf script prints them: a line with the command's name, a
// line for each address, an empty line. Frames of the kernel are left out.
func convert(in io.Reader, out io.Writer) error {
	b := newBuilder()
	var stack []uint64
	ours := false
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.TrimSpace(line) == "":
			b.add(stack)
			stack, ours = nil, false
		case line[0] != ' ' && line[0] != '\t':
			ours = strings.TrimSpace(line) == program
		case ours:
			address, err := strconv.ParseUint(strings.TrimSpace(line), 16, 64)
			if err != nil {
				return fmt.Errorf("%q is no address", line)
			}
			if address += textStart; address < textLimit {
				stack = append(stack, address)
			}
		}
	}
	b.add(stack)
	if err := lines.Err(); err != nil {
		return err
	}
	return b.profile.Write(out)
}

// builder counts equal stacks together.
type builder struct {
	profile   *profile.Profile
	locations map[uint64]*profile.Location
	samples   map[string]*profile.Sample
}

func newBuilder() *builder {
	text := &profile.Mapping{ID: 1, Start: textStart, Limit: textLimit, File: program}
	return &builder{&profile.Profile{
		SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}},
		PeriodType: &profile.ValueType{Type: "samples", Unit: "count"}, Period: 1,
		Mapping: []*profile.Mapping{text},
	}, map[uint64]*profile.Location{}, map[string]*profile.Sample{}}
}

func (b *builder) add(stack []uint64) {
	if len(stack) == 0 {
		return
	}
	key := fmt.Sprint(stack)
	sample := b.samples[key]
	if sample == nil {
		sample = &profile.Sample{Value: []int64{0}}
		for _, address := range stack {
			sample.Location = append(sample.Location, b.location(address))
		}
		b.samples[key] = sample
		b.profile.Sample = append(b.profile.Sample, sample)
	}
	sample.Value[0]++
}

func (b *builder) location(address uint64) *profile.Location {
	l := b.locations[address]
	if l == nil {
		l = &profile.Location{ID: uint64(len(b.locations) + 1), Address: address, Mapping: b.profile.Mapping[0]}
		b.locations[address] = l
		b.profile.Location = append(b.profile.Location, l)
	}
	return l
}

// clean keeps what the compiler asks for: names of functions and lines.
func clean(in io.Reader, out io.Writer) error {
	p, err := profile.Parse(in)
	if err != nil {
		return err
	}
	for _, m := range p.Mapping {
		m.File, m.BuildID = program, ""
	}
	for _, f := range p.Function {
		f.Filename = f.Filename[strings.LastIndexByte(f.Filename, '/')+1:]
	}
	p.Comments, p.TimeNanos = nil, 0
	return p.Compact().Write(out)
}
