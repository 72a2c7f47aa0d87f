package cli

import (
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/term"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/clock"
	"simk.dev/simk/sim/printable"
)

// progressLine shows how far a run is, on one line of a terminal that is
// written over; on anything else it shows nothing, or a line each time.
type progressLine struct {
	mu    sync.Mutex
	out   io.Writer
	on    bool
	plain bool
	last  time.Time
	shown bool
	// rate is virtual seconds per wall second since the line last changed, and at the
	// offset then.
	rate float64
	at   time.Duration
}

const (
	// progressEvery is how often the line changes, in wall time.
	progressEvery = 100 * time.Millisecond
	// plainEvery is how often one is added where there is no terminal.
	plainEvery = time.Second
)

func newProgressLine(out io.Writer) *progressLine {
	w, ok := out.(*printable.Writer)
	if !ok || w.File() == nil || !term.IsTerminal(int(w.File().Fd())) {
		return &progressLine{out: out}
	}
	return &progressLine{out: w.File(), on: true} // what the line is drawn with is not to be escaped
}

// newPlainProgress shows a line now and then, whatever out is.
func newPlainProgress(out io.Writer) *progressLine {
	return &progressLine{out: out, on: true, plain: true}
}

func (l *progressLine) show(p sim.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.on {
		return
	}
	now, every := clock.Wall(), progressEvery
	if l.plain {
		every = plainEvery
	}
	if now.Sub(l.last) < every {
		return
	}
	l.measure(p.At, now)
	text := fmt.Sprintf("%s  at %v", p.Phase, p.At.Round(time.Second))
	if p.End > 0 {
		text += fmt.Sprintf(" of %v (%.0f %%)", p.End, 100*float64(p.At)/float64(p.End))
	}
	if l.rate > 0 {
		text += fmt.Sprintf("  %.0fx", l.rate)
	}
	text += fmt.Sprintf("  events %d/%d  pods %d pending %d running %d done  nodes %d",
		p.Events, p.EventsTotal, p.Pending, p.Running, p.Done, p.Nodes)
	if left := l.eta(p); left > 0 {
		text += fmt.Sprintf("  ETA %v", left.Round(time.Second))
	}
	l.write(text)
}

// note adds a line of its own, also where progress is not shown.
func (l *progressLine) note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase()
	fmt.Fprintf(l.out, "simk: %s\n", text)
}

// measure notes how fast virtual time passes.
func (l *progressLine) measure(at time.Duration, now time.Time) {
	l.rate = 0
	if l.shown && at > l.at {
		l.rate = (at - l.at).Seconds() / now.Sub(l.last).Seconds()
	}
	l.at = at
}

// text shows a text in place of the last one.
func (l *progressLine) text(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.write(text)
}

func (l *progressLine) write(text string) {
	if !l.on {
		return
	}
	l.last, l.shown = clock.Wall(), true
	if l.plain {
		fmt.Fprintf(l.out, "simk: %s\n", text)
		return
	}
	fmt.Fprintf(l.out, "\r\x1b[K%s", text)
}

// eta guesses the wall time left from the speed.
func (l *progressLine) eta(p sim.Progress) time.Duration {
	if p.At >= p.End || l.rate <= 0 {
		return 0
	}
	return time.Duration(float64(p.End-p.At) / l.rate)
}

func (l *progressLine) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase()
}

func (l *progressLine) erase() {
	if l.shown && !l.plain {
		fmt.Fprint(l.out, "\r\x1b[K")
	}
}
