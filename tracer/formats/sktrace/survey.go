package sktrace

import (
	"errors"
	"io"
	"time"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/internal/source"
)

// survey is what must be known of a file before its events are read: they come
// before the life cycles, which a trace has in its head.
type survey struct {
	version    int64
	hasVersion bool
	hasEvents  bool
	events     int
	// kept counts the events up to the end that the caller wants; cut is that
	// end, 0 for none.
	kept int
	cut  time.Duration
	// first and last are the times of the first and last event, in Unix seconds;
	// lastEmpty says that nothing happens in the last one.
	first, last int64
	lastEmpty   bool
	owners      []*owner
	byID        map[tracer.ObjectRef]*owner
}

// input is a file that can be opened several times.
type input struct {
	path string
	open func() (io.ReadCloser, error)
}

func fileInput(path string) input {
	return input{path, func() (io.ReadCloser, error) {
		file, err := source.Open(path, nil)
		if err != nil {
			return nil, err
		}
		return struct {
			io.Reader
			io.Closer
		}{file.Whole(), file}, nil
	}}
}

// decoder opens the input once more.
func (in input) decoder(l limits) (*decoder, io.Closer, error) {
	file, err := in.open()
	if err != nil {
		return nil, nil, &tracer.Error{Pos: tracer.Position{File: in.path}, Event: -1, Msg: "cannot read the trace", Err: err}
	}
	return newDecoder(in.path, file, l), file, nil
}

// read reads the input once with that function.
func (in input) read(l limits, read func(*decoder) error) error {
	d, file, err := in.decoder(l)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	return read(d)
}

// take reads the whole file once, and keeps all but the events. A second
// reading, if there are life cycles, finds out which of their owners the trace has.
func take(in input, cut time.Duration, l limits) (*survey, error) {
	s := &survey{cut: cut, byID: map[tracer.ObjectRef]*owner{}}
	if err := in.read(l, s.read); err != nil {
		return nil, err
	}
	if len(s.owners) == 0 {
		return s, nil
	}
	return s, in.read(l, s.readNames)
}

func (s *survey) read(d *decoder) error {
	seen := map[string]bool{}
	err := d.top(func(key string) error {
		if known := topKeys[key]; known && seen[key] {
			return d.errorf("the key %q comes twice", key)
		} else if known {
			seen[key] = true
		}
		switch key {
		case "version":
			return s.readVersion(d)
		case "events":
			s.hasEvents = true
			return d.events(s.skim)
		case "pod_lifecycles":
			return s.readLifecycles(d)
		}
		return d.skip(1)
	})
	if err != nil {
		return err
	}
	if !s.hasVersion {
		return d.errorf("there is no key \"version\": a SimKube trace has one")
	}
	if !s.hasEvents {
		return d.errorf("there is no key \"events\": a SimKube trace has one")
	}
	if _, err := d.in.ReadByte(); err == nil {
		return d.errorAt(d.in.n-1, "there is more after the end of the trace")
	} else if !errors.Is(err, io.EOF) {
		return d.failed(err)
	}
	return nil
}

// topKeys are those that may stand in a trace once; others are passed over.
var topKeys = map[string]bool{
	"version": true, "config": true, "events": true, "index": true, "tracked_objects": true, "pod_lifecycles": true,
}

// top reads the map that a trace is, calling field before each value.
func (d *decoder) top(field func(key string) error) error {
	code, err := d.peek()
	if err != nil {
		return err
	}
	if isArray(code) {
		return d.errorf("this is a trace of version 1, an array (SimKube up to 1.1.1): it does not say of which kind " +
			"the objects in its index and life cycles are; record it again with SimKube 2")
	}
	if !isMap(code) {
		return d.errorf("not a SimKube trace: want a MessagePack map, found %s", kindOf(code))
	}
	return d.fields("the trace", func(key string) error {
		d.what = "the key " + shorten(key)
		return field(key)
	})
}

func (s *survey) readVersion(d *decoder) (err error) {
	s.hasVersion = true
	if s.version, err = d.integer("version"); err != nil {
		return err
	}
	if s.version != 2 && s.version != 3 {
		return d.errorf("version %d: this simk reads versions 2 and 3 of SimKube's traces", s.version)
	}
	return nil
}

// skim reads the time of an event and whether it is empty.
func (s *survey) skim(d *decoder) error {
	start := d.in.n
	ts, empty := int64(0), true
	hasTime := false
	err := d.fields("an event", func(key string) (err error) {
		switch key {
		case "ts":
			hasTime = true
			ts, err = d.integer(key)
			return err
		case "applied_objs", "deleted_objs":
			n, err := d.arrayLen(key)
			if n > 0 {
				empty = false
			}
			for i := 0; i < n && err == nil; i++ {
				err = d.skip(3)
			}
			return err
		}
		return d.skip(3)
	})
	if err != nil {
		return err
	}
	if !hasTime {
		return d.errorAt(start, "the event has no ts")
	}
	if s.events == 0 {
		s.first = ts
	} else if ts < s.last {
		return d.errorAt(start, "events are out of order: this one is at second %d, the one before it at %d", ts, s.last)
	}
	// Offsets are nanoseconds in 63 bits; the subtraction must not overflow either.
	if s.first < 0 || ts-s.first > maxSecond-1 {
		return d.errorAt(start, "ts %d is out of range", ts)
	}
	s.last, s.lastEmpty = ts, empty
	s.events++
	if s.cut == 0 || time.Duration(ts-s.first)*time.Second <= s.cut {
		s.kept = s.events
	}
	return nil
}

// readNames marks those owners of life cycles that the trace applies.
func (s *survey) readNames(d *decoder) error {
	return d.top(func(key string) error {
		if key != "events" {
			return d.skip(1)
		}
		read := 0
		return d.events(func(d *decoder) error {
			if read++; read > s.kept {
				return d.skip(2)
			}
			return d.fields("an event", func(key string) error {
				if key != "applied_objs" {
					return d.skip(3)
				}
				n, err := d.arrayLen(key)
				for i := 0; i < n && err == nil; i++ {
					var ref tracer.ObjectRef
					if ref, err = d.ref(); err != nil {
						return err
					}
					if o := s.byID[ref.Key()]; o != nil {
						o.applied = true
					}
				}
				return err
			})
		})
	})
}
