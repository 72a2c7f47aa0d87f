package clock

// newTicks is a channel of ticks, of which it holds one that nobody has taken yet, and
// the function that ticks.
func newTicks() (ticks chan struct{}, tick func()) {
	ticks = make(chan struct{}, 1)
	return ticks, func() {
		select {
		case ticks <- struct{}{}:
		default:
		}
	}
}
