package kwok

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/kwok/pkg/apis/internalversion"
	"sigs.k8s.io/kwok/pkg/utils/lifecycle"

	"simk.dev/simk/sim"
)

// do does the steps of a job's Stage that are left. It returns the object as the last patch left
// it, nil if there was none that changed it; and with an error which step has not been done, -1 if
// it is not to be tried again.
func (e *Engine) do(ctx context.Context, j *job) (result object, left int, err error) {
	if j.again {
		ctx = sim.Routine(ctx)
	}
	o := j.object
	e.functions.node = ""
	if j.resource.ref == nodeRef {
		e.functions.node = o.GetName()
	}
	left, err = j.stage.DoSteps(j.step, o.GetFinalizers(), dataOf(o), e.renderer,
		func(event *internalversion.StageEvent) error {
			e.event(o, event.Type, event.Reason, event.Message)
			return nil
		},
		func() error {
			result = nil
			return j.resource.remove(ctx, o)
		},
		func(patch *lifecycle.Patch) error {
			changes, err := changes(o, patch)
			if err != nil || !changes {
				return err
			}
			result, err = j.resource.write(ctx, o, patch)
			return err
		},
		func(apply *lifecycle.Apply) error {
			client, err := e.dynamicAs(apply.Impersonation)
			if err != nil {
				return err
			}
			_, err = lifecycle.ApplyResource(ctx, client, e.mapper, o.GetNamespace(), apply)
			return err
		})
	return result, left, err
}

// changes tells whether a patch makes an object another: one that does not is not sent, so that a
// Stage which matches its own outcome comes to an end.
func changes(o object, patch *lifecycle.Patch) (bool, error) {
	before, err := json.Marshal(o)
	if err != nil {
		return false, err
	}
	var after []byte
	switch patch.Type {
	case types.JSONPatchType:
		var p jsonpatch.Patch
		if p, err = jsonpatch.DecodePatch(patch.Data); err == nil {
			after, err = p.Apply(before)
		}
	case types.StrategicMergePatchType:
		after, err = strategicpatch.StrategicMergePatch(before, patch.Data, schemaOf(o))
	case types.MergePatchType:
		after, err = jsonpatch.MergePatch(before, patch.Data)
	default:
		err = fmt.Errorf("unknown type of patch %q", patch.Type)
	}
	if err != nil {
		return false, err
	}
	switch o.(type) {
	case *corev1.Pod:
		after, err = normal[corev1.Pod](after)
	case *corev1.Node:
		after, err = normal[corev1.Node](after)
	}
	return !bytes.Equal(before, after), err
}

// normal writes a text as its type is written, so that it can be compared.
func normal[T any](text []byte) ([]byte, error) {
	var o T
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, err
	}
	return json.Marshal(&o)
}

// schemaOf is what says how lists of an object are merged. Only pods and nodes get strategic
// patches: the apiserver refuses them for custom resources.
func schemaOf(o object) any {
	if _, ok := o.(*corev1.Node); ok {
		return corev1.Node{}
	}
	return corev1.Pod{}
}

// retriable tells errors that pass by themselves.
func retriable(err error) bool {
	return apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err) ||
		apierrors.IsServiceUnavailable(err) || apierrors.IsTooManyRequests(err)
}

// backoff is how long to wait before a Stage is tried again: a second, doubled each time, up to 32
// minutes, and a fifth more by chance, as KWOK does.
func backoff(retries int) time.Duration {
	seconds := math.Min(math.Pow(2, float64(retries)), (32 * time.Minute).Seconds())
	return wait.Jitter(time.Duration(seconds*float64(time.Second)), 0.2)
}
