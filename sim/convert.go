package sim

import (
	"fmt"
	"path/filepath"
	"strings"
)

// inScratch does a run in a folder of its own, which holds its trace if that has to
// be made first.
func (o *Options) inScratch(run func(dir string) (*Outcome, error)) (*Outcome, error) {
	dir, err := newScratch()
	if err != nil {
		return nil, fmt.Errorf("create scratch folder: %w", err)
	}
	defer dir.remove()
	word, err := o.convert(dir.dir)
	if err != nil {
		return nil, &InputError{err}
	}
	outcome, err := run(dir.dir)
	return outcome, word(err)
}

// convert lets the options' Convert write the trace into the scratch folder, and
// makes it the trace to replay. It returns how to word errors: people know their
// own files, not that one.
func (o *Options) convert(scratch string) (word func(error) error, err error) {
	if o.Convert == nil {
		return func(err error) error { return err }, nil
	}
	inputs, path := o.Trace, filepath.Join(scratch, "converted.json")
	if err := o.Convert(path); err != nil {
		return nil, err
	}
	o.Trace = path
	return func(err error) error {
		if err == nil || !strings.Contains(err.Error(), path) {
			return err
		}
		return &worded{err, strings.ReplaceAll(err.Error(), path, inputs+" (made a trace)")}
	}, nil
}

// worded is an error in other words.
type worded struct {
	error
	text string
}

func (w *worded) Error() string { return w.text }
func (w *worded) Unwrap() error { return w.error }
