package replay

import (
	"errors"
	"fmt"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/tracer"
)

// RefusedError says which objects of the start could not be brought in. It unwraps to the
// apiserver's errors, each with the place in the user's file.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }

// refusals are objects of the start that could not be brought in.
type refusals []refusal

type refusal struct {
	object tracer.Object
	err    error
}

// mostRefusals is how many are shown. Then it is not worth going on.
const mostRefusals = 10

func (r *refusals) add(o tracer.Object, err error) { *r = append(*r, refusal{o, err}) }

// settleRefusals records them, if the run goes on without such objects. Else they end it: all are
// named, not only the first, so that they can be mended at once.
func (r *Replay) settleRefusals(refused refusals) error {
	if !r.config.ContinueOnError {
		return refused.err()
	}
	for _, one := range refused {
		r.config.Recorder.Reject(history.Rejection{Object: one.object.Ref().String(), Message: one.err.Error()})
	}
	return nil
}

// err names them all; nil for none.
func (r refusals) err() error {
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
		return &RefusedError{all[0]}
	}
	return &RefusedError{errors.Join(all...)}
}
