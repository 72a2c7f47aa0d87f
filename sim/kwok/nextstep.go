package kwok

import "time"

// nextStep is when the first Stage is due that does not come back for ever; ok is false if none is.
func (e *Engine) nextStep() (t time.Time, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, j := range e.jobs {
		if !j.again && (!ok || j.at.Before(t)) {
			t, ok = j.at, true
		}
	}
	return t, ok
}
