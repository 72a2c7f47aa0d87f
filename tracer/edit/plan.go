package edit

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"simk.dev/simk/tracer"
)

// Input opens a trace from its beginning. A plan calls it several times.
type Input func() (tracer.Source, error)

// Options say where a script's files come from.
type Options struct {
	// Open opens the traces of Merge; nil: a Merge is an error.
	Open func(path string) (tracer.Source, error)
	// Dir is the folder to which the paths in a script are relative, and which
	// they cannot leave. Empty: paths are as they are.
	Dir string
}

// Plan is a script that was checked: its expressions are compiled and its
// manifests are read.
type Plan struct{ parts []part }

// part is some operations in a row: stages, or one that needs whole traces.
type part struct {
	stages []named
	whole  func(Input) Input
	last   bool
}

// named is a stage and what errors call it.
type named struct {
	name  string
	stage stage
}

// stage puts an operation behind a flow.
type stage func(r *run, in flow) (flow, error)

// run is one reading of a trace.
type run struct{ opened []io.Closer }

func (r *run) Close() error {
	var all []error
	for _, c := range r.opened {
		all = append(all, c.Close())
	}
	return errors.Join(all...)
}

// compiler is what operations get to check themselves.
type compiler struct {
	Options
	seed uint64
}

// file resolves a path of a script.
func (c *compiler) file(path string) (string, error) {
	if path == "" {
		return "", errors.New("the path of a file is missing")
	}
	if c.Dir == "" {
		return path, nil
	}
	if !filepath.IsLocal(path) {
		return "", fmt.Errorf("%s: the files of a script are in its folder or below", path)
	}
	return filepath.Join(c.Dir, path), nil
}

// Compile checks all operations. Errors say which one is wrong.
func (s *Script) Compile(o Options) (*Plan, error) {
	c := &compiler{Options: o, seed: s.Seed}
	p := &Plan{parts: []part{{}}}
	for i, op := range s.Operations {
		name, b, err := op.step()
		where := op.source
		if where == "" {
			where = fmt.Sprintf("operation %d", i+1)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
		if op.source == "" || c.Dir != "" {
			where += ": " + name
		}
		if whole, ok := b.(*Skel); ok {
			run, err := whole.compile(c)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", where, err)
			}
			p.parts = append(p.parts, part{whole: run}, part{})
			continue
		}
		stage, err := b.build(c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
		last := &p.parts[len(p.parts)-1]
		last.stages = append(last.stages, named{where, stage})
	}
	return p, nil
}

// Then is a plan with all of another one behind it.
func (p *Plan) Then(next *Plan) *Plan {
	parts := slices.Clone(p.parts)
	last, first := &parts[len(parts)-1], next.parts[0]
	if last.whole != nil || first.whole != nil {
		return &Plan{parts: append(parts, next.parts...)}
	}
	last.stages = append(slices.Clone(last.stages), first.stages...)
	return &Plan{parts: append(parts, next.parts[1:]...)}
}

// Apply returns the edited trace. Errors of Next name the place in the input.
func (p *Plan) Apply(in Input) (tracer.Source, error) {
	for i, part := range p.parts {
		part.last = i == len(p.parts)-1
		if part.whole == nil && len(part.stages) == 0 && !part.last {
			continue
		}
		in = part.after(in)
	}
	return in()
}

// after is an input with a part of the plan behind it.
func (p part) after(in Input) Input {
	if p.whole != nil {
		return p.whole(in)
	}
	var lives []tracer.OwnerLifecycles
	found := false
	return func() (tracer.Source, error) {
		r, out, err := p.open(in)
		if err != nil {
			return nil, err
		}
		if out.head().lives && !found {
			lives, err = collect(out)
			if closing := r.Close(); err == nil {
				err = closing
			}
			if err != nil {
				return nil, err
			}
			found = true
			if r, out, err = p.open(in); err != nil {
				return nil, err
			}
		}
		s, err := newOutput(r, out, lives, p.last)
		if err != nil {
			return nil, errors.Join(err, r.Close())
		}
		return s, nil
	}
}

// open opens the input and puts the stages behind it.
func (p part) open(in Input) (*run, flow, error) {
	s, err := in()
	if err != nil {
		return nil, nil, err
	}
	r := &run{opened: []io.Closer{s}}
	var f flow = attach(s)
	for _, st := range p.stages {
		if f, err = st.stage(r, f); err != nil {
			return nil, nil, errors.Join(fmt.Errorf("%s: %w", st.name, err), r.Close())
		}
		f = &traced{f, st.name}
	}
	return r, f, nil
}

// traced puts the name of the operation before errors about an object.
type traced struct {
	flow
	name string
}

func (t *traced) next() (*moment, error) {
	m, err := t.flow.next()
	var known *tracer.Error
	if errors.As(err, &known) && known.Msg != "" && known.Err != nil && !errors.As(known.Err, new(operationError)) {
		known.Err = operationError{t.name, known.Err}
	}
	return m, err
}

// operationError says in which operation something went wrong.
type operationError struct {
	name string
	err  error
}

func (e operationError) Error() string { return e.name + ": " + e.err.Error() }
func (e operationError) Unwrap() error { return e.err }
