package kubedump

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/build"
	"simk.dev/simk/tracer/internal/kube"
)

// Values of Options.At.
const (
	// AtNow begins at the instant of the dump, with everything there.
	AtNow = "now"
	// AtCreation lets nodes, workloads and bare pods come when they were created.
	AtCreation = "creation"
)

// Options say how a dump becomes a trace.
type Options struct {
	// At is where offset 0 is: AtNow (also when empty) or AtCreation.
	At string
}

// Import reads a dump.
func Import(paths []string, o Options, c formats.Common) (tracer.Source, error) {
	switch o.At {
	case "", AtNow, AtCreation:
	default:
		return nil, fmt.Errorf("import kubernetes: --at is %s or %s, not %q", AtNow, AtCreation, o.At)
	}
	if len(paths) == 0 {
		return nil, errors.New("import kubernetes: no input files")
	}
	if c.Warn == nil {
		c.Warn = func(string) {}
	}
	files, ignored, err := walk(paths)
	if err != nil {
		return nil, fmt.Errorf("import kubernetes: %w", err)
	}
	if ignored > 0 {
		of := plural(ignored, "file", "files")
		c.Warn(of + " of the folder not looked at: their names do not end in " + strings.Join(kube.Extensions, ", "))
	}
	d, err := read(files, c.Warn)
	if err != nil {
		return nil, fmt.Errorf("import kubernetes: %w", err)
	}
	s, err := d.trace(o.At == AtCreation, c, paths)
	if err != nil {
		return nil, fmt.Errorf("import kubernetes: %w", err)
	}
	for _, line := range append(d.old.Lines(), d.left.lines()...) {
		c.Warn(line)
	}
	return s, nil
}

// trace makes the trace of what was read.
func (d *dump) trace(history bool, c formats.Common, paths []string) (tracer.Source, error) {
	chosen, err := d.choose(history)
	if err != nil {
		return nil, err
	}
	zero := d.latest
	if history {
		zero = firstArrival(chosen.records, d.latest)
	}
	var notes build.Notes
	head := build.Head("kubernetes", paths, c, zero, &notes)
	notes.Tell(c.Warn)
	head.Description = d.describe()
	if end, ok := between(zero, d.latest); ok && history && !head.HasDuration && end > 0 {
		head.Duration, head.HasDuration = end, true
	}
	start, arrivals, rows, err := d.arrange(chosen.records, zero, history, head)
	if err != nil {
		return nil, err
	}
	chosen.records = append(slices.Clip(start), arrivals...)
	for _, class := range d.repair(chosen.records, c.Warn) {
		head.Objects = append(head.Objects, tracer.Object{Unstructured: &unstructured.Unstructured{Object: class}})
	}
	for _, r := range start {
		head.Objects = append(head.Objects, r.object())
	}
	head.Lifecycles = d.lifecycles(chosen)
	return rows.Trace(head, func(i, _ int) tracer.Object { return arrivals[i].object() }), nil
}

// arrange parts what is there at the start from what arrives later.
func (d *dump) arrange(records []*record, zero time.Time, history bool, head *tracer.Head) (
	start, arrivals []*record, rows build.Rows, err error) {
	for _, r := range records {
		offset, known := between(zero, r.created)
		switch {
		case !history || !arriving(r.Document) || !known || r.Is("", "Node") && offset == 0:
			start = append(start, r)
		case head.HasDuration && offset > head.Duration:
			d.left.add(dropAfter, r.Kind())
		default:
			if err := rows.Add(build.Row{At: offset, Index: int32(len(arrivals)), Count: 1}); err != nil {
				return nil, nil, rows, err
			}
			arrivals = append(arrivals, r)
		}
	}
	return start, arrivals, rows, nil
}

// repair cleans the objects and returns those that have to be added.
func (d *dump) repair(records []*record, warn func(string)) []map[string]any {
	repair := &repairs{have: d.index, priorities: map[string]int64{}}
	for _, r := range d.records { // also pods that are left out tell their priority
		repair.notePriority(r.priority)
	}
	for _, r := range records {
		repair.clean(r)
	}
	for _, line := range repair.lines() {
		warn(line)
	}
	return repair.classes()
}

func (r *record) object() tracer.Object {
	return tracer.Object{
		Unstructured: &unstructured.Unstructured{Object: r.Object},
		Pos:          tracer.Position{File: r.File, Line: r.Line, Column: 1},
	}
}

// firstArrival is when the first workload or bare pod was created.
func firstArrival(records []*record, latest time.Time) time.Time {
	first := latest
	for _, r := range records {
		if arriving(r.Document) && !r.Is("", "Node") && !r.created.IsZero() && r.created.Before(first) {
			first = r.created
		}
	}
	return first
}

// describe counts what was read, as the dump has it.
func (d *dump) describe() string {
	nodes := 0
	for _, r := range d.records {
		if r.Is("", "Node") {
			nodes++
		}
	}
	total := 0
	var phases []string
	for _, phase := range slices.Sorted(maps.Keys(d.pods)) {
		total += d.pods[phase]
		if len(phases) < 8 {
			phases = append(phases, fmt.Sprintf("%d %.20s", d.pods[phase], phase))
		}
	}
	text := fmt.Sprintf("a dump of %s and %s", plural(nodes, "node", "nodes"), plural(total, "pod", "pods"))
	if len(phases) > 0 {
		text += " (" + strings.Join(phases, ", ") + ")"
	}
	if !d.latest.IsZero() {
		text += ", not before " + d.latest.Format(time.RFC3339)
	}
	return text
}
