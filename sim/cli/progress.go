package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"simk.dev/simk/sim"
	"simk.dev/simk/sim/clock"
)

// progressLine shows how far a run is, on one line of a terminal that is
// written over; on anything else it shows nothing.
type progressLine struct {
	out   io.Writer
	on    bool
	began time.Time
	last  time.Time
	shown bool
	// rate is virtual seconds per wall second since the line last changed, and at the
	// offset then.
	rate float64
	at   time.Duration
}

// progressEvery is how often the line changes, in wall time.
const progressEvery = 100 * time.Millisecond

func newProgressLine(out io.Writer) *progressLine {
	f, ok := out.(*os.File)
	return &progressLine{out: out, on: ok && term.IsTerminal(int(f.Fd())), began: clock.Wall()}
}

func (l *progressLine) show(p sim.Progress) {
	if !l.on {
		return
	}
	now := clock.Wall()
	if now.Sub(l.last) < progressEvery {
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
	if left := l.eta(p, now); left > 0 {
		text += fmt.Sprintf("  ETA %v", left.Round(time.Second))
	}
	l.text(text)
}

// measure notes how fast virtual time passes.
func (l *progressLine) measure(at time.Duration, now time.Time) {
	if l.shown && at > l.at {
		l.rate = (at - l.at).Seconds() / now.Sub(l.last).Seconds()
	}
	l.at = at
}

// text shows a text in place of the last one.
func (l *progressLine) text(text string) {
	if l.on {
		l.last, l.shown = clock.Wall(), true
		fmt.Fprintf(l.out, "\r\x1b[K%s", text)
	}
}

// eta guesses the wall time left from the virtual time done.
func (l *progressLine) eta(p sim.Progress, now time.Time) time.Duration {
	if p.End <= 0 || p.At <= 0 || p.At >= p.End {
		return 0
	}
	return time.Duration(float64(now.Sub(l.began)) * float64(p.End-p.At) / float64(p.At))
}

func (l *progressLine) clear() {
	if l.shown {
		fmt.Fprint(l.out, "\r\x1b[K")
	}
}
