package cli

import (
	"errors"
	"fmt"
	"slices"
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
	o.Trace = named(args)
	f, err := formats.DetectAll(args)
	switch {
	case errors.Is(err, formats.ErrOwn) && args[0] == "-":
		o.Convert = func(path string, _ *sim.Options) error { return tracer.SaveStandardInput(path) }
		return nil, nil
	case errors.Is(err, formats.ErrAside), err != nil && slices.Contains(args, "-"):
		return nil, err
	case errors.Is(err, formats.ErrUnknown) && len(args) == 1:
		return err, nil
	case err != nil && len(args) == 1 && !errors.Is(err, formats.ErrAmbiguous):
		return nil, nil
	case err != nil:
		return nil, err
	}
	o.Convert = func(path string, o *sim.Options) error {
		nodes, err := convert(cmd, f, args, path)
		if err != nil {
			return err
		}
		return needNodes(cmd, f, args, nodes, o)
	}
	return nil, nil
}

// named are the inputs as people call them.
func named(args []string) string {
	names := slices.Clone(args)
	for i, name := range names {
		if name == "-" {
			names[i] = "standard input"
		}
	}
	return strings.Join(names, ", ")
}

// needNodes makes sure that a replay has nodes: without any it would only show pods
// that wait. Data that never name nodes get some.
func needNodes(cmd *cobra.Command, f formats.Format, args []string, nodes int, o *sim.Options) error {
	if nodes > 0 || o.BringsNodes() {
		return nil
	}
	if !f.Nodeless {
		return fmt.Errorf("%s: there are no nodes in it, so that no pod could be placed: give a manifest of Nodes with --nodes FILE, how many there are with --nodes NUMBER, or groups of machines with --autoscaler FILE", named(args))
	}
	o.DefaultNodes = true
	say(cmd, "it is replayed on three nodes of 8 CPUs and 32 GiB; --nodes or --autoscaler brings others")
	return nil
}

// convert writes the trace that the inputs make, and returns how many nodes it has.
func convert(cmd *cobra.Command, f formats.Format, args []string, path string) (nodes int, err error) {
	s, err := openWith(cmd.Flags(), f, args, formats.Common{Warn: warner(cmd)})
	if err != nil {
		return 0, err
	}
	defer func() { _ = s.Close() }() // it was only read
	counted := newCounted(s)
	if err := tracer.WriteFile(path, s.Head(), tracer.Events(counted)); err != nil {
		return 0, fmt.Errorf("%s: make a trace of it: %w", named(args), err)
	}
	say(cmd, "made a trace of %s, format %s: %s", named(args), f.Name, counted)
	return counted.nodes, nil
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
