package sim

import (
	"errors"
	"fmt"

	"simk.dev/simk/sim/input"
	"simk.dev/simk/sim/limits"
	"simk.dev/simk/sim/sockets"
)

// inScratch does a run in a folder of its own, which holds its trace if that has to
// be made first. The last hooks come when it is over.
func (o *Options) inScratch(run func(s *scratch, hooks *hooks) (*Outcome, error)) (*Outcome, error) {
	sockets.Forbid()
	s, err := openScratch()
	if err != nil {
		return nil, err
	}
	defer s.remove()
	if err := o.open(s.data); err != nil {
		return nil, err
	}
	hooks, err := newHooks(o, s.data)
	if err != nil {
		return nil, err
	}
	outcome, err := run(s, hooks)
	return outcome, hooks.afterStop(err)
}

// open opens the inputs, if there are any. A trace that has to be made is made in dir.
func (o *Options) open(dir string) error {
	o.trace = &input.Trace{}
	if len(o.Inputs) == 0 {
		return nil
	}
	trace, err := input.Open(input.Inputs{Paths: o.Inputs, HelmHooks: o.HelmHooks, Edit: o.Edit, Say: o.Say, Warn: o.Warn}, dir)
	if err = limits.Files(err); errors.As(err, new(*limits.Error)) {
		return err
	} else if err != nil {
		return &InputError{err}
	}
	if trace.Naming.Name == "" {
		trace.Naming.Name = trace.Path
	}
	o.trace = trace
	return o.needNodes()
}

// needNodes makes sure that a replay of what was no trace has nodes: without any it would only
// show pods that wait. Data that never name nodes get some.
func (o *Options) needNodes() error {
	switch t := o.trace; {
	case t.Converted == "" || t.Nodes > 0 || o.BringsNodes():
		return nil
	case !t.Nodeless:
		return &InputError{fmt.Errorf("%s: there are no nodes in it, so that no pod could be placed: "+
			"give a manifest of Nodes with --nodes FILE, how many there are with --nodes NUMBER, "+
			"or groups of machines with --autoscaler FILE", t.From)}
	}
	o.DefaultNodes = true
	if o.Say != nil {
		o.Say("it is replayed on three nodes of 8 CPUs and 32 GiB; --nodes or --autoscaler brings others")
	}
	return nil
}
