package clusterautoscaler

// hints remember where pods fitted last, so that a simulation looks there first. What was
// not used for a scan is forgotten.
type hints struct{ before, now map[string]string }

func newHints() *hints { return &hints{map[string]string{}, map[string]string{}} }

func (h *hints) get(pod string) string {
	if node, ok := h.now[pod]; ok {
		return node
	}
	return h.before[pod]
}

func (h *hints) set(pod, node string) { h.now[pod] = node }

// age forgets what was set before the last call.
func (h *hints) age() { h.before, h.now = h.now, map[string]string{} }
