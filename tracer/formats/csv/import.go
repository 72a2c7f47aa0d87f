package csv

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/build"
	"simk.dev/simk/tracer/formats/internal/table"
)

func importer(flags *pflag.FlagSet) formats.Import {
	var values map[string]int
	flags.StringToIntVar(&values, "priority", nil, "values of priority classes, `class=value,...`; of others it is 0")
	return func(paths []string, c formats.Common) (tracer.Source, error) {
		p := priorities{}
		if err := p.set(values); err != nil {
			return nil, err
		}
		if len(paths) != 1 {
			return nil, fmt.Errorf("want one table, got %d files", len(paths))
		}
		return open(paths, c, p)
	}
}

func open(paths []string, c formats.Common, p priorities) (tracer.Source, error) {
	r, err := table.Open(paths[0])
	if err != nil {
		return nil, err
	}
	defer r.Close()
	h, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	t := pods{header: h, shapes: map[string]int32{}, names: newNames()}
	if err := t.read(r); err != nil {
		return nil, err
	}
	var notes build.Notes
	head := build.Head("csv", paths, c, t.start, &notes)
	head.Objects = classes(t.kinds, p, &notes)
	notes.NoNodes()
	notes.Tell(c.Warn)
	return t.rows.Trace(head, t.object), nil
}

// pod is a row, as it is kept: what many rows share is kept once.
type pod struct {
	name               string
	runFor             time.Duration
	shape, line, count int32
	exit               uint8
	endless            bool
}

// many says that the pods' names get numbers.
func (p *pod) many() bool { return p.count > 1 }

// shape is what rows have in common: requests are in the order of the header's
// resources.
type shape struct {
	namespace, priorityClass string
	requests                 []string
}

// pods is a table in memory.
type pods struct {
	header header
	all    []pod
	kinds  []shape
	shapes map[string]int32 // by their text
	names  names
	rows   build.Rows
	start  time.Time // the second of the first instant, if arrivals are instants
}

func (t *pods) read(r *table.Reader) error {
	clock := clock{column: t.header.column[arrival]}
	for r.Next() {
		at := clock.read(r)
		p := t.readPod(r)
		if r.Err() != nil {
			break
		}
		t.all = append(t.all, p)
		i := len(t.all) - 1
		if err := t.rows.Add(build.Row{At: at, Index: int32(i), Count: p.count}); err != nil {
			return t.fault(r, i, err.Error())
		}
	}
	if err := r.Err(); err != nil {
		return err
	}
	t.start = clock.start()
	t.rows.Shift(clock.shift())
	if err := t.overlaps(r); err != nil {
		return err
	}
	t.names = names{} // much of the memory; what follows has no use for it
	return nil
}

func (t *pods) readPod(r *table.Reader) pod {
	p := pod{line: int32(r.Line()), endless: true}
	text := func(column string) string { return r.Text(t.header.column[column]) }
	number := func(column string, least, most, otherwise int64) int64 {
		if text(column) == "" {
			return otherwise
		}
		return r.Int(t.header.column[column], least, most)
	}
	if s := text(duration); s != "" {
		p.runFor, p.endless = span(r, t.header.column[duration], s), false
	}
	p.count = int32(number(count, 1, build.MaxPods, 1))
	p.exit = uint8(number(exitCode, 0, 255, 0))
	p.shape = t.readShape(r)
	p.name = fmt.Sprintf("pod-%d", p.line)
	if text(name) != "" {
		p.name = r.Name(t.header.column[name])
	}
	// Room for the number, within what a name may have.
	if p.many() && len(p.name) > 240 {
		r.Fail(t.header.column[name], "name is longer than 240 characters: there is no room for a number")
	}
	if r.Err() == nil {
		k := key{t.kinds[p.shape].namespace, p.name}
		if before, ok := t.names.find(k, t.key); ok {
			r.Fail(t.header.column[name], "pod %s/%s is on line %d already", k.namespace, k.name, t.all[before].line)
			return p
		}
		t.names.add(k, int32(len(t.all)))
	}
	return p
}

// key is the name of a row.
func (t *pods) key(row int32) key { return key{t.kinds[t.all[row].shape].namespace, t.all[row].name} }

func (t *pods) readShape(r *table.Reader) int32 {
	s := shape{namespace: "default"}
	if c := t.header.column[namespace]; r.Text(c) != "" {
		s.namespace = r.Namespace(c)
	}
	if c := t.header.column[priorityClass]; r.Text(c) != "" {
		s.priorityClass = r.Name(c)
	}
	for _, c := range t.header.resources {
		s.requests = append(s.requests, r.Quantity(c.column, c.whole))
	}
	// No part has a comma in it: names and quantities have none.
	id := s.namespace + "," + s.priorityClass + "," + strings.Join(s.requests, ",")
	i, known := t.shapes[id]
	if !known && r.Err() == nil {
		i = int32(len(t.kinds))
		t.shapes[id] = i
		t.kinds = append(t.kinds, s)
	}
	return i
}

// overlaps refuses a name that is also one of the numbered names of another row.
func (t *pods) overlaps(r *table.Reader) error {
	for i, p := range t.all {
		at := strings.LastIndexByte(p.name, '-')
		if p.many() || at < 0 {
			continue
		}
		number, err := strconv.Atoi(p.name[at+1:])
		other, found := t.names.find(key{t.kinds[p.shape].namespace, p.name[:at]}, t.key)
		if err == nil && found && t.all[other].many() && number < int(t.all[other].count) && strconv.Itoa(number) == p.name[at+1:] {
			return t.fault(r, i, fmt.Sprintf("pod %s is also one of the pods of line %d", p.name, t.all[other].line))
		}
	}
	return nil
}

func (t *pods) fault(r *table.Reader, i int, msg string) error {
	return &tracer.Error{Pos: tracer.Position{File: r.Path(), Line: int(t.all[i].line), Column: 1}, Event: -1, Msg: msg}
}

// object returns the k-th pod of a row.
func (t *pods) object(i, k int) tracer.Object {
	p, s := t.all[i], t.kinds[t.all[i].shape]
	b := build.Pod{
		Namespace: s.namespace, Name: p.name, PriorityClass: s.priorityClass, Requests: map[string]string{},
		RunFor: p.runFor, HasRunFor: !p.endless, ExitCode: int32(p.exit),
	}
	if p.many() {
		b.Name = fmt.Sprintf("%s-%d", p.name, k)
	}
	for j, quantity := range s.requests {
		if quantity != "" {
			b.Requests[t.header.resources[j].resource] = quantity
		}
	}
	return b.Object()
}

// classes returns the priority classes that pods name, without those that every
// cluster has. The admission plugin refuses pods of a class that does not exist.
func classes(kinds []shape, p priorities, notes *build.Notes) []tracer.Object {
	wanted := map[string]bool{}
	for _, s := range kinds {
		if s.priorityClass != "" && !strings.HasPrefix(s.priorityClass, "system-") {
			wanted[s.priorityClass] = true
		}
	}
	var all []tracer.Object
	for _, class := range slices.Sorted(maps.Keys(wanted)) {
		if _, known := p[class]; !known {
			notes.Say("the value of priority class %s is not known and taken as 0: --priority %s=VALUE sets it", class, class)
		}
		all = append(all, build.PriorityClass(class, p[class]))
	}
	return all
}
