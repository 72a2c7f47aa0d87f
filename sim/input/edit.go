package input

import (
	"errors"
	"fmt"
	"path/filepath"

	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/edit"
	"simk.dev/simk/tracer/formats"
)

// Edit is a script of package tracer/edit that a run configuration has.
type Edit struct {
	// Config is the configuration's file: paths in the script are relative to it.
	Config string
	// Path is the script's own file; empty: Content is it.
	Path    string
	Content []byte
}

// edited makes a trace of the inputs with the edits applied. open opens them; nil: as their
// format is.
func (in *Inputs) edited(dir string, f formats.Format, open edit.Input) (*Trace, error) {
	script, files, err := in.Edit.read()
	if err != nil {
		return nil, err
	}
	s, err := Apply(in.Paths, nil, open, script, files, in.Warn)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }() // it was only read
	t, _, err := in.write(dir, s)
	if err != nil {
		return nil, fmt.Errorf("%s: edit: %w", in.Edit.Config, err)
	}
	t.Converted, t.Nodeless = f.Name, f.Nodeless
	return t, nil
}

func (e *Edit) read() (*edit.Script, edit.Options, error) {
	files := edit.Options{Dir: filepath.Dir(e.Config)}
	if e.Path != "" {
		files.Dir = filepath.Dir(e.Path)
		script, err := edit.ReadScript(e.Path)
		return script, files, err
	}
	script, err := edit.ParseScript(e.Config+": edit", e.Content)
	return script, files, err
}

// Apply opens inputs, changed by a script. Several of simk's own are merged; of other formats they
// are one data set. prefixes are put before the names of each trace's namespaces, nodes and
// volumes; nil: none. open opens the first; nil: by its path. warn may be nil.
func Apply(paths, prefixes []string, open edit.Input, script *edit.Script, files edit.Options, warn func(string)) (tracer.Source, error) {
	first, more, err := merged(paths, prefixes, warn)
	if err != nil {
		return nil, err
	}
	if open == nil {
		open = first
	}
	files.Open = func(path string) (tracer.Source, error) { return openAny([]string{path}, nil) }
	if len(more) == 0 && len(script.Operations) == 0 {
		return nil, errors.New("nothing to do: give an operation, such as --from 2h (see --help)")
	}
	joined, err := (&edit.Script{Operations: more}).Compile(edit.Options{Open: files.Open})
	if err != nil {
		return nil, err
	}
	plan, err := script.Compile(files)
	if err != nil {
		return nil, err
	}
	return joined.Then(plan).Apply(open)
}

// merged returns the first input, and what is done to it to get all of them.
func merged(all, prefixes []string, warn func(string)) (edit.Input, []edit.Operation, error) {
	separate := len(all) == 1
	for _, path := range all {
		if _, err := formats.Detect(path); errors.Is(err, formats.ErrOwn) {
			separate = true
		}
	}
	paths := all
	if separate {
		paths = all[:1]
	}
	if n := len(prefixes); n > 0 && n != 1+len(all)-len(paths) {
		return nil, nil, fmt.Errorf("--prefixes has %d for %d traces: give one for each", n, 1+len(all)-len(paths))
	}
	var more []edit.Operation
	if len(prefixes) > 0 && prefixes[0] != "" {
		more = append(more, edit.Operation{AddPrefix: &edit.AddPrefix{Prefix: prefixes[0]}}.From("--prefixes"))
	}
	for i, path := range all[len(paths):] {
		m := &edit.Merge{Trace: path}
		if len(prefixes) > 0 {
			m.Prefix = prefixes[i+1]
		}
		more = append(more, edit.Operation{Merge: m}.From("merge "+path))
	}
	return func() (tracer.Source, error) {
		s, err := openAny(paths, warn)
		warn = nil // the second reading has nothing new to say
		return s, err
	}, more, nil
}

// openAny opens inputs of any format.
func openAny(paths []string, warn func(string)) (tracer.Source, error) {
	s, _, err := formats.OpenAny(paths, formats.Common{Warn: warn})
	return s, err
}
