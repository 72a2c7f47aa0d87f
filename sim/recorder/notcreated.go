package recorder

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"simk.dev/simk/sim/history"
)

// keptNotCreated is of how many workloads a run keeps that their controllers could not create
// what they want to; the report shows fewer.
const keptNotCreated = 1000

// Event notes that a controller could not create an object: nobody else sees that pods are
// missing which a quota, a policy or pod security refuses.
func (r *Recorder) Event(e *corev1.Event) {
	if e.Reason != "FailedCreate" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	o := e.InvolvedObject
	object := fmt.Sprintf("%s %s/%s", o.Kind, o.Namespace, o.Name)
	if n := r.notCreated[object]; n != nil {
		n.Attempts++
		return
	}
	if len(r.notCreated) == keptNotCreated {
		return
	}
	n := &history.NotCreated{At: r.Now(), Object: object, Attempts: 1, Message: e.Message}
	if r.notCreated == nil {
		r.notCreated = map[string]*history.NotCreated{}
	}
	r.notCreated[object] = n
	r.history.NotCreated = append(r.history.NotCreated, n)
}
