package sktrace

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/annotation"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/build"
)

func exporter(flags *pflag.FlagSet) formats.Export {
	version := flags.Int("version", 2, "version of the format: 2, which every SimKube 2 reads, or the draft 3")
	return func(w io.Writer, s tracer.Source, warn func(string)) error {
		if *version != 2 && *version != 3 {
			return fmt.Errorf("version %d of SimKube's format cannot be written: choose 2 or 3", *version)
		}
		return export(w, s, warn, *version)
	}
}

// export writes a trace. An array in MessagePack begins with its length, and
// which kinds there are stands before it: so the events wait in a file.
func export(w io.Writer, s tracer.Source, warn func(string), version int) error {
	spool, err := os.CreateTemp("", "simk-sktrace-*")
	if err != nil {
		return fmt.Errorf("make room for the events: %w", err)
	}
	defer os.Remove(spool.Name())
	defer spool.Close()
	e := newExport(bufio.NewWriterSize(spool, 64<<10), s.Head())
	if err := e.all(s); err != nil {
		return err
	}
	if err := e.events.w.Flush(); err != nil {
		return fmt.Errorf("keep the events: %w", err)
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the events again: %w", err)
	}
	out := newEncoder(bufio.NewWriterSize(w, 64<<10))
	e.write(out, spool, version)
	if out.err == nil {
		out.err = out.w.Flush()
	}
	if out.err != nil {
		return fmt.Errorf("write the SimKube trace: %w", out.err)
	}
	e.notes.Tell(warn)
	return nil
}

// exported collects what the file says besides the events.
type exported struct {
	head   *tracer.Head
	start  time.Time
	events *encoder // to the spool
	count  int
	scope  scope
	kinds  map[string]*kind
	owners map[tracer.ObjectRef]*exportedOwner
	notes  build.Notes
}

// kind is a kind in the trace: the paths to its pod templates, and the hash of
// each object's last spec by its name.
type kind struct {
	paths      map[string]bool
	lifecycles bool
	hashes     map[string]uint64
}

// exportedOwner is an owner of pods whose lives are known.
type exportedOwner struct {
	pods    []tracer.Lifecycle
	ref     tracer.ObjectRef
	seen    bool
	first   int64 // when it came, in Unix seconds
	podHash uint64
}

func newExport(w *bufio.Writer, head *tracer.Head) *exported {
	e := &exported{head: head, start: head.StartTime, events: newEncoder(w), scope: scope{map[string]bool{}},
		kinds: map[string]*kind{}, owners: map[tracer.ObjectRef]*exportedOwner{}}
	if e.start.IsZero() {
		e.start = tracer.DefaultStartTime
	}
	for _, l := range head.Lifecycles {
		e.owners[l.Owner.Key()] = &exportedOwner{pods: l.Pods}
	}
	return e
}

// all writes the events: first the marker, whose objects exist at the start.
func (e *exported) all(s tracer.Source) error {
	if e.start.Nanosecond() != 0 {
		e.notes.Say("the start is cut down to a whole second")
	}
	if err := e.event(&tracer.Event{Apply: e.head.Objects}); err != nil {
		return err
	}
	for ev, err := range tracer.Events(s) {
		if err != nil {
			return err
		}
		if err := e.event(ev); err != nil {
			return err
		}
	}
	if e.head.HasDuration { // as SimKube does for a duration of its own
		return e.event(&tracer.Event{At: e.head.Duration})
	}
	return nil
}

func (e *exported) event(ev *tracer.Event) error {
	instant := e.start.Add(ev.At)
	ts := instant.Unix()
	if ev.At%time.Second != 0 {
		e.notes.Count("events' times are cut down to whole seconds")
	}
	if !ev.Nodes.Empty() {
		e.notes.Count("events lose what happens to nodes, of which SimKube's traces know nothing")
	}
	var applied []tracer.Object
	for _, o := range ev.Apply {
		e.scope.learn(o)
		if e.holds(o.Ref()) {
			applied = append(applied, e.note(o, ts))
		}
	}
	var deleted []tracer.ObjectRef
	for _, ref := range ev.Delete {
		if e.holds(ref) {
			if ref.Namespace == "" {
				ref.Namespace = "default"
			}
			deleted = append(deleted, ref)
		}
	}
	if len(ev.Pods) > 0 {
		e.notes.Count("events lose the pods that they evict, or delete by their owner")
	}
	wasEmpty := len(ev.Apply) == 0 && len(ev.Pods) == 0 && len(ev.Delete) == 0 && ev.Nodes.Empty()
	if e.count > 0 && !wasEmpty && len(applied) == 0 && len(deleted) == 0 {
		return nil // all of it was left out
	}
	e.count++
	e.events.event(ts, applied, deleted)
	if e.events.err != nil {
		return fmt.Errorf("keep event %d: %w", ev.Index, e.events.err)
	}
	return nil
}

// holds says whether SimKube can have such an object.
func (e *exported) holds(ref tracer.ObjectRef) bool {
	if _, _, err := parseGVK(gvkOf(ref)); err != nil || strings.Contains(ref.Namespace, "/") {
		e.notes.Count("objects are left out: their kind or namespace has a name that SimKube cannot write")
		return false
	}
	if e.scope.namespaced(ref) {
		return true
	}
	if ref.Kind != "Namespace" { // SimKube makes those it needs
		e.notes.Count("objects without namespace, such as nodes, are left out: SimKube cannot have them")
	}
	return false
}

// note collects what the file says about an object's kind, and returns the
// object with its namespace.
func (e *exported) note(o tracer.Object, ts int64) tracer.Object {
	if o.GetNamespace() == "" {
		o.Unstructured = o.DeepCopy()
		o.SetNamespace("default")
	}
	ref := o.Ref()
	gvk := gvkOf(ref)
	k := e.kinds[gvk]
	if k == nil {
		k = &kind{paths: map[string]bool{}, hashes: map[string]uint64{}}
		e.kinds[gvk] = k
	}
	if path, known := templatePaths[gvk]; known {
		k.paths[path] = true
	} else {
		for _, path := range findTemplates(o.Object) {
			k.paths[path] = true
		}
	}
	k.hashes[nsName(ref)] = specHash(o.Object["spec"])

	id := ref.Key()
	owner := e.owners[id]
	if owner == nil {
		owner = e.annotated(o)
	}
	if owner == nil {
		return o
	}
	k.lifecycles = true
	if !owner.seen {
		owner.seen, owner.first, owner.ref = true, ts, ref
		spec, _ := template(o)["spec"].(map[string]any)
		owner.podHash = podHash(spec)
		e.owners[id] = owner
	}
	return o
}

// annotated returns the life that an object's annotations give to its pods, nil
// where they do not. Restarted pods have no form in SimKube.
func (e *exported) annotated(o tracer.Object) *exportedOwner {
	pod := template(o)
	spec, _ := pod["spec"].(map[string]any)
	if policy := spec["restartPolicy"]; policy != "Never" && policy != "OnFailure" {
		return nil
	}
	metadata, _ := pod["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	text, _ := annotations[annotation.RunFor].(string)
	runFor, err := annotation.Duration(annotation.RunFor, text)
	if err != nil {
		return nil
	}
	l := tracer.Lifecycle{RunFor: runFor, HasRunFor: true}
	if code, _ := annotations[annotation.ExitCode].(string); code != "" && code != "0" {
		l.ExitCode = 1 // for the warning
	}
	return &exportedOwner{pods: []tracer.Lifecycle{l}}
}
