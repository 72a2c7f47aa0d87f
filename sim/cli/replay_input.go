package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"simk.dev/simk/sim"
	"simk.dev/simk/tracer"
	"simk.dev/simk/tracer/formats"
)

// inputOf sets what is replayed: a trace of simk's own, or files of another
// format that become one. A single file that is neither counts as a trace, whose
// reader says best what is wrong with it; unknown adds what else was looked for.
func inputOf(cmd *cobra.Command, args []string, o *sim.Options) (unknown, err error) {
	o.Trace = strings.Join(args, ", ")
	f, err := formats.DetectAll(args)
	switch {
	case errors.Is(err, formats.ErrUnknown) && len(args) == 1:
		return err, nil
	case err != nil && len(args) == 1 && !errors.Is(err, formats.ErrAmbiguous):
		return nil, nil
	case err != nil:
		return nil, err
	}
	// Whether nodes come from elsewhere is known when the options are complete.
	o.Convert = func(path string) error { return convert(cmd, f, args, path, o.BringsNodes()) }
	return nil, nil
}

// convert writes the trace that the inputs make. Without nodes, of their own or
// of another file, a replay would only show pods that wait.
func convert(cmd *cobra.Command, f formats.Format, args []string, path string, nodes bool) error {
	s, err := openAs(f, args, formats.Common{Warn: warner(cmd)})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }() // it was only read
	counted := newCounted(s)
	if err := tracer.WriteFile(path, s.Head(), tracer.Events(counted)); err != nil {
		return fmt.Errorf("%s: make a trace of it: %w", strings.Join(args, ", "), err)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "simk: made a trace of %s, format %s: %s\n", strings.Join(args, ", "), f.Name, counted)
	if counted.nodes == 0 && !nodes {
		return fmt.Errorf("%s: there are no nodes in it, so that no pod could be placed: give a manifest of Nodes with --nodes FILE, or groups of machines with --autoscaler FILE", strings.Join(args, ", "))
	}
	return nil
}

// hint adds to a trace's error that it is of no other format either.
func hint(err, unknown error) error {
	var input *sim.InputError
	var trace *tracer.Error
	if unknown == nil || !errors.As(err, &input) || !errors.As(err, &trace) {
		return err
	}
	return &sim.InputError{Err: fmt.Errorf("%w\n%w", err, unknown)}
}
