package html

import (
	"slices"
	"time"

	"simk.dev/simk/sim/history"
)

const maxDecisions = 1000

// scaling is what the autoscaler decided.
type scaling struct {
	// Marks are for the time axis, in order.
	Marks []mark `json:"marks"`
	// Decisions are the first maxDecisions of Total.
	Decisions []decision `json:"decisions"`
	Total     int        `json:"total"`
}

// mark adds up the decisions of a kind since the point of the timeline before.
type mark struct {
	Point     int    `json:"point"` // of the timeline
	Kind      string `json:"kind"`
	Decisions int    `json:"decisions"`
	Nodes     int    `json:"nodes"` // by which groups grew, or shrank
}

type decision struct {
	AtSeconds float64 `json:"atSeconds"`
	Kind      string  `json:"kind"`
	Group     string  `json:"group"`
	Node      string  `json:"node,omitempty"`
	Delta     int     `json:"delta"`
	Reason    string  `json:"reason"`
}

// markKinds is their order at one instant.
var markKinds = []string{history.ScaleUp, history.ScaleDown, history.Resized, history.Failed, history.ScaleDownFailed, history.Interrupted}

// scalingOf is nil where there was no autoscaler.
func scalingOf(h *history.History, instants []time.Duration) *scaling {
	if h.Autoscaling == nil {
		return nil
	}
	s := &scaling{Marks: []mark{}, Decisions: []decision{}, Total: len(h.Autoscaling.Decisions)}
	marks := make([]mark, len(instants)*len(markKinds))
	for i, d := range h.Autoscaling.Decisions {
		if i < maxDecisions {
			s.Decisions = append(s.Decisions, decision{
				AtSeconds: d.At.Seconds(), Kind: d.Kind, Group: d.Group, Node: d.Node, Delta: d.Delta, Reason: shorten(d.Reason),
			})
		}
		point, _ := slices.BinarySearch(instants, d.At)
		point = min(point, len(instants)-1)
		if kind := slices.Index(markKinds, d.Kind); kind >= 0 && point >= 0 {
			m := &marks[point*len(markKinds)+kind]
			m.Point, m.Kind = point, d.Kind
			m.Decisions++
			m.Nodes += max(d.Delta, -d.Delta)
		}
	}
	for _, m := range marks {
		if m.Decisions > 0 {
			s.Marks = append(s.Marks, m)
		}
	}
	return s
}
