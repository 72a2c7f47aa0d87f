package sim

import (
	"errors"
	"fmt"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/tracer"
)

// refusals are objects of the start that could not be brought in.
type refusals []refusal

type refusal struct {
	object tracer.Object
	err    error
}

// mostRefusals is how many are shown. Then it is not worth going on.
const mostRefusals = 10

func (r *refusals) add(o tracer.Object, err error) { *r = append(*r, refusal{o, err}) }

// end notes them, if the run goes on without such objects, or ends it: all are named, not
// only the first, so that they can be mended at once.
func (r refusals) end(c *Cluster) error {
	if c.options.ContinueOnError {
		for _, one := range r {
			c.recorder.Reject(history.Rejection{Object: one.object.Ref().String(), Message: one.err.Error()})
		}
		return nil
	}
	var all []error
	for _, one := range r {
		all = append(all, fmt.Errorf("%s: %s: %w", one.object.Pos, one.object.Ref(), one.err))
	}
	if len(r) >= mostRefusals {
		all = append(all, fmt.Errorf("these are the first %d that the apiserver refuses; there may be more", len(r)))
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return &InputError{all[0]}
	}
	return &InputError{errors.Join(all...)}
}
