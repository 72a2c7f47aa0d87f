package sim

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"simk.dev/simk/sim/limits"
	"simk.dev/simk/sim/sockets"
)

// inScratch does a run in a folder of its own, which holds its trace if that has to
// be made first, and its inline documents. The last hooks come when it is over.
func (o *Options) inScratch(run func(s *scratch, hooks *hooks) (*Outcome, error)) (*Outcome, error) {
	sockets.Forbid()
	s, err := newScratch()
	if err != nil {
		return nil, fmt.Errorf("create scratch folder: %w", limits.Folder(err))
	}
	defer s.remove()
	word, err := o.convert(s.data)
	if errors.As(err, new(*limits.Error)) {
		return nil, err
	} else if err != nil {
		return nil, &InputError{err}
	}
	wordInline, err := o.unpack(s.data)
	if err != nil {
		return nil, err
	}
	o.word = func(err error) error { return wordInline(word(err)) }
	hooks, err := newHooks(o, s.data)
	if err != nil {
		return nil, err
	}
	outcome, err := run(s, hooks)
	return outcome, o.word(hooks.afterStop(err))
}

// Inline is a document that stands within another file.
type Inline struct {
	// Name is what people call it, such as "run.yaml: schedulerConfig".
	Name    string
	Content []byte
	// Path is the option that names the document's file.
	Path func(*Options) *string
}

// unpack writes inline documents into the scratch folder, as files that the
// options then name. It returns how to word errors about them.
func (o *Options) unpack(scratch string) (word func(error) error, err error) {
	word = asItIs
	for i, doc := range o.Inline {
		path := filepath.Join(scratch, fmt.Sprintf("inline-%d.yaml", i))
		if err := os.WriteFile(path, doc.Content, 0o600); err != nil {
			return nil, fmt.Errorf("unpack %s: %w", doc.Name, limits.Files(err))
		}
		*doc.Path(o) = path
		before, renamed := word, renaming(path, doc.Name)
		word = func(err error) error { return renamed(before(err)) }
	}
	return word, nil
}

func asItIs(err error) error { return err }

// renaming words errors about a file in the scratch folder: people do not know it.
func renaming(path, name string) func(error) error {
	return func(err error) error {
		if err == nil || !strings.Contains(err.Error(), path) {
			return err
		}
		return &worded{err, strings.ReplaceAll(err.Error(), path, name)}
	}
}

// convert lets the options' Convert write the trace into the scratch folder, and
// makes it the trace to replay. It returns how to word errors: people know their
// own files, not that one.
func (o *Options) convert(scratch string) (word func(error) error, err error) {
	if o.Convert == nil {
		return asItIs, nil
	}
	inputs, path := o.Trace, filepath.Join(scratch, "converted.json")
	if err := o.Convert(path, o); err != nil {
		return nil, limits.Files(err)
	}
	o.Trace = path
	return renaming(path, inputs+" (made a trace)"), nil
}

// worded is an error in other words.
type worded struct {
	error
	text string
}

func (w *worded) Error() string { return w.text }
func (w *worded) Unwrap() error { return w.error }
