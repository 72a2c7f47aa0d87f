package sktrace

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/pflag"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	"simk.dev/simk/tracer/formats/internal/build"
)

func importer(*pflag.FlagSet) formats.Import { return importFile }

func importFile(paths []string, c formats.Common) (tracer.Source, error) {
	if len(paths) != 1 {
		return nil, fmt.Errorf("a SimKube trace is one file, got %d: merge traces after importing each", len(paths))
	}
	if paths[0] == "-" {
		return nil, errors.New("a SimKube trace cannot be read from standard input: it is read several times, so save it to a file")
	}
	return importLimited(fileInput(paths[0]), c, defaultLimits)
}

func importLimited(in input, c formats.Common, l limits) (tracer.Source, error) {
	found, err := take(in, c.Duration, l)
	if err != nil {
		return nil, err
	}
	s := &stream{path: in.path, survey: found, live: tracer.Names[struct{}]{}, warn: c.Warn}
	s.makeHead(c)
	if s.d, s.file, err = in.decoder(l); err != nil {
		return nil, err
	}
	if err := s.start(); err != nil {
		_ = s.file.Close() // it was only read
		return nil, err
	}
	return s, nil
}

// stream is a SimKube trace on its way into one of simk's.
type stream struct {
	path   string
	survey *survey
	head   *tracer.Head
	d      *decoder
	file   io.Closer
	read   int                    // events of the file read so far
	index  int                    // events returned so far
	first  *tracer.Event          // what the start marker deletes
	live   tracer.Names[struct{}] // the objects that exist
	notes  build.Notes
	warn   func(string)
	err    error
}

func (s *stream) makeHead(c formats.Common) {
	v := s.survey
	var start time.Time
	if v.events > 0 {
		start = time.Unix(v.first, 0).UTC()
	}
	h := build.Head("SimKube trace", []string{s.path}, c, start, &s.notes)
	s.head = h
	// An empty event at the end says where the trace ends: SimKube appends one for its own duration.
	if v.events > 1 && v.lastEmpty && !h.HasDuration {
		h.Duration, h.HasDuration = s.offset(v.last), true
	}
	kept := v.owners[:0]
	for _, o := range v.owners {
		switch {
		case len(o.pods) == 0:
		case !o.applied:
			s.notes.Count("owners' life cycles are left out: the owner is not in the trace")
		default:
			kept = append(kept, o)
		}
	}
	h.Lifecycles = make([]tracer.OwnerLifecycles, len(kept))
	for i, o := range kept {
		h.Lifecycles[i] = o.lifecycles(s.path)
	}
	v.owners, v.byID = nil, nil // they may be many
	s.notes.NoNodes()
}

// start reads up to the events, and the first one: it holds what exists at the start.
func (s *stream) start() error {
	found := errors.New("events begin")
	err := s.d.top(func(key string) error {
		if key == "events" {
			return found
		}
		return s.d.skip(1)
	})
	if !errors.Is(err, found) {
		return err
	}
	if _, err := s.d.arrayLen("events"); err != nil || s.survey.events == 0 {
		return err
	}
	e, err := s.next()
	if err != nil {
		return err
	}
	s.head.Objects = e.Apply
	if e.Apply = nil; len(e.Delete) > 0 {
		s.first = e
	}
	return nil
}

// next converts the next event of the file.
func (s *stream) next() (*tracer.Event, error) {
	e, err := s.d.event(s.read)
	if err != nil {
		return nil, err
	}
	s.read++
	out := &tracer.Event{At: s.offset(e.ts), Apply: e.applied, Pos: tracer.Position{File: s.path}}
	for _, o := range e.applied {
		s.clean(o)
		s.live.Set(o.Ref(), struct{}{})
	}
	for _, ref := range e.deleted {
		if s.live.Has(ref) {
			s.live.Remove(ref)
			out.Delete = append(out.Delete, ref)
		} else {
			s.notes.Count("deletions are left out: the object does not exist at that point")
		}
	}
	return out, nil
}

// clean removes what points to objects by an identity they do not have in
// another cluster. The garbage collector would delete an object whose owner it
// does not find, and nobody would come to remove a finalizer.
func (s *stream) clean(o tracer.Object) {
	metadata, _ := o.Object["metadata"].(map[string]any)
	for _, key := range []string{"ownerReferences", "finalizers"} {
		if v, has := metadata[key]; has {
			delete(metadata, key)
			if list, _ := v.([]any); len(list) > 0 {
				s.notes.Count("objects lose their " + key + ", which mean nothing in another cluster")
			}
		}
	}
}

func (s *stream) offset(ts int64) time.Duration {
	return time.Duration(ts-s.survey.first) * time.Second
}

// Head implements tracer.Source.
func (s *stream) Head() *tracer.Head { return s.head }

// Close implements tracer.Source.
func (s *stream) Close() error { return s.file.Close() }

// Next implements tracer.Source.
func (s *stream) Next() (*tracer.Event, error) {
	if s.err != nil {
		return nil, s.err
	}
	e, err := s.nextKept()
	if err != nil {
		if s.err = err; errors.Is(err, io.EOF) {
			s.notes.Tell(s.warn)
		}
		return nil, err
	}
	e.Index = s.index
	s.index++
	return e, nil
}

func (s *stream) nextKept() (*tracer.Event, error) {
	if e := s.first; e != nil {
		s.first = nil
		return e, nil
	}
	v := s.survey
	if s.read >= v.kept || s.read == v.events-1 && v.lastEmpty { // which only says when the end is
		return nil, io.EOF
	}
	return s.next()
}
