package input

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
	_ "simk.dev/simk/tracer/formats/all" // registers them
)

// Inputs are the inputs of a run.
type Inputs struct {
	// Paths are one trace of simk's own, or files of one data set of another format: a list of
	// nodes and one of pods, say. "-" is standard input.
	Paths []string
	// HelmHooks says what becomes of hooks in manifests: run or skip; empty: not said.
	HelmHooks string
	// Edit changes the trace. Nil: it stays as it is.
	Edit *Edit
	// Say hears what was made of what, Warn what was left out or guessed. Nil: nobody.
	Say, Warn func(string)
}

// Trace is a trace of simk's own in a file.
type Trace struct {
	Path   string
	Naming tracer.Naming
	// Unrecognised says why the file was taken for a trace of simk's own though it does not look
	// like one; nil: it does.
	Unrecognised error
	// From are the inputs that it was made of, as people call them.
	From string
	// Converted is the format of what it was made of; empty: it is the user's own.
	Converted string
	// Nodes is how many nodes one that was converted has.
	Nodes int
	// Nodeless says that data of the format never name nodes.
	Nodeless bool
}

// madeName is the file of a trace that is made.
const madeName = "converted.json"

// Open opens inputs. A trace that has to be made is made in a file in dir. Errors are about the
// inputs, or limits.Error where dir cannot hold it.
func Open(in Inputs, dir string) (*Trace, error) {
	f, err := formats.DetectAll(in.Paths)
	own := errors.Is(err, formats.ErrOwn)
	stdin := slices.Contains(in.Paths, "-")
	switch {
	case own && stdin:
		return in.standardInput(dir)
	case own:
		if in.Edit != nil {
			return in.edited(dir, f, nil)
		}
		return &Trace{Path: in.Paths[0]}, nil
	case errors.Is(err, formats.ErrAside), err != nil && stdin:
		return nil, err
	case errors.Is(err, formats.ErrUnknown) && len(in.Paths) == 1:
		// Its reader says best what is wrong with it.
		return &Trace{Path: in.Paths[0], Unrecognised: err}, nil
	case err != nil && len(in.Paths) == 1 && !errors.Is(err, formats.ErrAmbiguous):
		return &Trace{Path: in.Paths[0]}, nil
	case err != nil:
		return nil, err
	case in.Edit != nil:
		return in.edited(dir, f, nil)
	}
	return in.converted(dir, f)
}

// standardInput saves a trace that comes that way: it is read more than once.
func (in *Inputs) standardInput(dir string) (*Trace, error) {
	t := &Trace{Path: filepath.Join(dir, "standard-input.json"), Naming: tracer.Naming{Name: in.names()}}
	if err := tracer.SaveStandardInput(t.Path); err != nil {
		return nil, err
	}
	if in.Edit == nil {
		return t, nil
	}
	return in.edited(dir, formats.Format{}, func() (tracer.Source, error) { return tracer.OpenNamed(t.Path, t.Naming) })
}

// names are the inputs as people call them.
func (in *Inputs) names() string {
	names := slices.Clone(in.Paths)
	for i, name := range names {
		if name == "-" {
			names[i] = "standard input"
		}
	}
	return strings.Join(names, ", ")
}

// converted makes a trace of files of another format.
func (in *Inputs) converted(dir string, f formats.Format) (*Trace, error) {
	s, err := in.open(f)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }() // it was only read
	t, counted, err := in.write(dir, s)
	if err != nil {
		return nil, fmt.Errorf("%s: make a trace of it: %w", in.names(), err)
	}
	t.Converted, t.Nodeless = f.Name, f.Nodeless
	in.say("made a trace of %s, format %s: %s", in.names(), f.Name, counted)
	return t, nil
}

// open opens files of a format, with the default of each of its flags but those that were given.
func (in *Inputs) open(f formats.Format) (tracer.Source, error) {
	flags := pflag.NewFlagSet(f.Name, pflag.ContinueOnError)
	open := f.Importer(flags)
	if in.HelmHooks != "" {
		if flags.Lookup(formats.HelmHooks) == nil {
			return nil, fmt.Errorf("--%s is for manifests, and the input is %s", formats.HelmHooks, f.Name)
		}
		if err := flags.Set(formats.HelmHooks, in.HelmHooks); err != nil {
			return nil, err
		}
	}
	return open(in.Paths, formats.Common{Warn: in.Warn})
}

// write writes a source to a file in dir.
func (in *Inputs) write(dir string, s tracer.Source) (*Trace, *Counted, error) {
	t := &Trace{Path: filepath.Join(dir, madeName), From: in.names(), Naming: tracer.Naming{Name: in.names() + " (made a trace)", Made: true}}
	counted := Count(s)
	if err := tracer.WriteFile(t.Path, s.Head(), tracer.Events(counted)); err != nil {
		return nil, nil, err
	}
	t.Nodes = counted.Nodes
	return t, counted, nil
}

func (in *Inputs) say(format string, args ...any) {
	if in.Say != nil {
		in.Say(fmt.Sprintf(format, args...))
	}
}
