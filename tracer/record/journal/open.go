package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"simk.dev/simk/tracer"
)

// Window is the part of a recording that becomes the trace. What existed at From
// is in its head. The zero value is all of it.
type Window struct{ From, To time.Time }

// Recording is a recording as a trace.
type Recording struct {
	head    *tracer.Head
	files   []*os.File
	paths   []string
	entries []entry // of events, in order
	start   int64
	next    int
	torn    bool
	closed  bool
}

var _ tracer.Source = (*Recording)(nil)

// Open reads a recording: one file, or several that follow each other. An error
// about the content is a *tracer.Error.
func Open(paths []string, w Window) (*Recording, error) {
	if len(paths) == 0 {
		return nil, errors.New("no recording given")
	}
	s := &scan{owned: map[string]Owner{}, pods: map[string]*podLife{}, from: w.From, to: w.To}
	r, err := open(s, paths, w)
	if err != nil {
		for _, f := range s.files {
			f.Close()
		}
		return nil, err
	}
	return r, nil
}

func open(s *scan, paths []string, w Window) (*Recording, error) {
	for i, path := range paths {
		if err := s.read(path, i > 0); err != nil {
			return nil, err
		}
	}
	if s.begin.At.IsZero() {
		const torn = "the recording has not begun: its first line is not complete"
		return nil, &tracer.Error{Pos: tracer.Position{File: paths[0]}, Event: -1, Msg: torn}
	}
	start, end := s.begin.At, s.end
	if w.From.After(start) {
		start = w.From
	}
	if !w.To.IsZero() && w.To.Before(end) {
		end = w.To
	}
	if end.Before(start) {
		return nil, fmt.Errorf("nothing was recorded from %s to %s: the recording is from %s to %s",
			start.Format(time.RFC3339), end.Format(time.RFC3339), s.begin.At.Format(time.RFC3339), s.end.Format(time.RFC3339))
	}
	r := &Recording{files: s.files, paths: s.paths, start: start.UnixNano(), torn: s.torn, closed: s.closed}
	r.head = &tracer.Head{
		Name: s.begin.Name, Source: s.begin.Source, StartTime: start,
		Duration: end.Sub(start), HasDuration: end.After(start),
	}
	arrange(s.entries, s.anchors)
	first := r.split(s.entries, end.UnixNano(), w.From.After(s.begin.At))
	if err := r.readHead(first); err != nil {
		return nil, err
	}
	r.head.Lifecycles = s.lifecycles(r, first, start, end)
	return r, nil
}

// Finished tells that the recorder came to its end and wrote so.
func (r *Recording) Finished() bool { return r.closed }

// Head implements tracer.Source.
func (r *Recording) Head() *tracer.Head { return r.head }

// Close implements tracer.Source.
func (r *Recording) Close() error {
	var errs []error
	for _, f := range r.files {
		errs = append(errs, f.Close())
	}
	r.files = nil
	return errors.Join(errs...)
}

// split follows which objects exist. It returns those of the head in the order
// of the recording, and keeps the events. In a window what happened before its
// start is folded into the head.
func (r *Recording) split(all []entry, end int64, window bool) (head []entry) {
	w := world{exists: map[uint64]int{}, failed: map[uint64]entry{}}
	for _, e := range all {
		if e.op == opState {
			w.follow(e)
		}
	}
	rest := slices.DeleteFunc(all, func(e entry) bool { return e.op == opState || e.at > end })
	at := 0
	for ; window && at < len(rest) && rest[at].at <= r.start; at++ {
		w.follow(rest[at])
	}
	head = w.objects()
	for _, e := range w.failures() {
		e.at = r.start
		r.entries = append(r.entries, e)
	}
	for _, e := range rest[at:] {
		if w.follow(e) {
			r.entries = append(r.entries, e)
		}
	}
	return head
}

// readHead reads the objects that exist at the start.
func (r *Recording) readHead(entries []entry) error {
	for _, e := range entries {
		_, o, err := r.object(e)
		if err != nil {
			return err
		}
		r.head.Objects = append(r.head.Objects, o)
	}
	return nil
}

// Next implements tracer.Source.
func (r *Recording) Next() (*tracer.Event, error) {
	if r.next == len(r.entries) {
		return nil, io.EOF
	}
	e := r.entries[r.next]
	event := &tracer.Event{Index: r.next, At: time.Duration(max(e.at-r.start, 0))}
	l, o, err := r.object(e)
	if err != nil {
		return nil, err
	}
	event.Pos = o.Pos
	switch e.op {
	case opApply, opState:
		event.Apply = []tracer.Object{o}
	case opDelete:
		event.Delete = []tracer.ObjectRef{l.Ref.object()}
	case opFail:
		event.Nodes.Fail = []string{l.Ref.Name}
	case opRecover:
		event.Nodes.Recover = []string{l.Ref.Name}
	case opDrain:
		event.Nodes.Drain = []string{l.Ref.Name}
	}
	r.next++
	return event, nil
}

// object reads the line of an entry again.
func (r *Recording) object(e entry) (Line, tracer.Object, error) {
	o := tracer.Object{Pos: tracer.Position{File: r.paths[e.file]}}
	text := make([]byte, e.length)
	if _, err := r.files[e.file].ReadAt(text, e.offset); err != nil {
		return Line{}, o, &tracer.Error{Pos: o.Pos, Event: -1, Msg: "read the recording again", Err: err}
	}
	var l Line
	err := utiljson.Unmarshal(text, &l)
	if err == nil && len(l.Object) > 0 {
		o.Unstructured = &unstructured.Unstructured{}
		err = utiljson.Unmarshal(bytes.TrimSpace(l.Object), &o.Object)
	}
	if err == nil && l.Ref == nil {
		err = errors.New("it has changed")
	}
	if err == nil && len(l.Object) > 0 && identity(Ref{o.GetAPIVersion(), o.GetKind(), o.GetNamespace(), o.GetName()}) != e.id {
		err = fmt.Errorf("the object is not %s, as its ref says", l.Ref.object())
	}
	if err != nil {
		return l, o, &tracer.Error{Pos: o.Pos, Event: -1, Msg: fmt.Sprintf("recording: line at byte %d", e.offset), Err: err}
	}
	return l, o, nil
}
