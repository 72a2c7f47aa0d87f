package explain

import (
	"cmp"
	"fmt"
	"slices"
)

// Instant is the cluster at one instant.
type Instant struct {
	AtSeconds float64 `json:"atSeconds"`
	// Running is how many pods have a node.
	Running int           `json:"running"`
	Pending []PendingPods `json:"pending"` // most pods first, then by reason
	Devices []Devices     `json:"devices,omitempty"`
}

// PendingPods are pods that wait for the same reasons.
type PendingPods struct {
	// Reason is the scheduler's at their last attempts, without counts of nodes;
	// empty: none was made yet.
	Reason string       `json:"reason"`
	Pods   []PendingPod `json:"pods"` // by creation
}

// PendingPod is a pod that waits.
type PendingPod struct {
	Pod            string  `json:"pod"`
	CreatedSeconds float64 `json:"createdSeconds"`
	// Attempts is how many failed so far; TriedSeconds is when the last one did.
	Attempts     int      `json:"attempts"`
	TriedSeconds *float64 `json:"triedSeconds,omitempty"`
	// Message is the scheduler's at that attempt.
	Message string `json:"message,omitempty"`
}

// At tells what waits at an instant in seconds, and why.
func (r *Run) At(at float64) (*Instant, error) {
	if err := r.needRecord(); err != nil {
		return nil, err
	}
	if at > r.end {
		return nil, fmt.Errorf("the run ended at %s", offset(r.end))
	}
	out := &Instant{AtSeconds: at, Pending: []PendingPods{}}
	places := map[string]int{}
	messages := map[int][2]string{} // reason and message by outcome: many pods share one
	for i := range r.pods {
		l := &r.pods[i]
		if l.standsAt(at) {
			out.Running++
		}
		if !l.waitsAt(at) {
			continue
		}
		p := PendingPod{Pod: l.key, CreatedSeconds: l.created}
		reason := ""
		if last, ok := r.lastAttempt(l, at); ok {
			text, ok := messages[last.Outcome]
			if !ok {
				a, err := r.record.attempt(last.Outcome)
				if err != nil {
					return nil, err
				}
				text = [2]string{a.Reason(), a.EventMessage()}
				messages[last.Outcome] = text
			}
			reason, p.Message, p.TriedSeconds = text[0], text[1], &last.At
			for _, f := range r.record.failed[l.key] {
				if f.At >= l.created && f.At <= at {
					p.Attempts++
				}
			}
		}
		place, ok := places[reason]
		if !ok {
			place = len(out.Pending)
			places[reason] = place
			out.Pending = append(out.Pending, PendingPods{Reason: reason})
		}
		out.Pending[place].Pods = append(out.Pending[place].Pods, p)
	}
	var err error
	if out.Devices, err = r.devicesAt(at); err != nil {
		return nil, err
	}
	slices.SortFunc(out.Pending, func(a, b PendingPods) int {
		return cmp.Or(cmp.Compare(len(b.Pods), len(a.Pods)), cmp.Compare(a.Reason, b.Reason))
	})
	return out, nil
}
