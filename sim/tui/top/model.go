// Package top is the live view of a run: its pods, nodes and events, and keys that
// pause it, let it go on to the next event and change its speed.
package top

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"simk.dev/simk/sim/live"
	"simk.dev/simk/sim/tui"
)

// Source is a run to look at.
type Source interface {
	// Next waits for the next snapshot; io.EOF: there is none any more.
	Next(context.Context) (live.Snapshot, error)
	// Do steers the run.
	Do(context.Context, live.Command) error
}

// Model is the view.
type Model struct {
	ctx    context.Context //nolint:containedctx // bubbletea's commands have no other way to it
	source Source
	title  string

	// Stopped says that the user wants the run to end, not only the view.
	Stopped bool
	// Err is why the run cannot be looked at any more.
	Err error

	snapshot live.Snapshot
	seen     bool // there is a snapshot
	ended    bool // there will be none any more
	log      []live.Line
	list     tui.List
	width    int
	meter    meter
	trouble  string // with the last command
}

// New returns a view of a run.
func New(ctx context.Context, title string, source Source) *Model {
	return &Model{ctx: ctx, source: source, title: title, list: tui.NewList("Pods", "Nodes", "Events"), width: 80}
}

// Ended tells whether the run was over when the view was left.
func (m *Model) Ended() bool { return m.ended || m.snapshot.Over }

// keptLines bounds the events that are kept to scroll through.
const keptLines = 1000

type (
	snapshotMsg live.Snapshot
	endedMsg    struct{ err error }
	doneMsg     struct{ err error }
)

// Init asks for the first snapshot.
func (m *Model) Init() tea.Cmd { return m.next }

func (m *Model) next() tea.Msg {
	s, err := m.source.Next(m.ctx)
	if err != nil {
		return endedMsg{err}
	}
	return snapshotMsg(s)
}

// Update takes snapshots, keys and the terminal's size.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case snapshotMsg:
		m.take(live.Snapshot(msg))
		return m, m.next
	case endedMsg:
		m.ended = true
		if !errors.Is(msg.err, io.EOF) {
			m.Err = msg.err
		}
		if !m.snapshot.Over {
			return m, tea.Quit // it failed: what it printed says why
		}
	case doneMsg:
		m.trouble = ""
		if msg.err != nil {
			m.trouble = msg.err.Error()
		}
	case tea.WindowSizeMsg:
		m.width = msg.Width
		m.list.SetSize(msg.Width, msg.Height-headLines)
	case tea.KeyPressMsg:
		return m, m.press(msg)
	}
	return m, nil
}

func (m *Model) take(s live.Snapshot) {
	m.snapshot, m.seen = s, true
	m.meter.add(s.Time, time.Now())
	m.log = append(m.log, s.Log...)
	if extra := len(m.log) - keptLines; extra > 0 {
		m.log = slices.Delete(m.log, 0, extra)
	}
	m.fill()
}

// press does what a key says.
func (m *Model) press(msg tea.KeyPressMsg) tea.Cmd {
	if msg.String() == "ctrl+c" {
		m.Stopped = true
		return tea.Quit
	}
	before := m.list.Filter()
	if taken, cmd := m.list.Update(msg); taken {
		m.fill()
		if filter := m.list.Filter(); filter != before {
			return tea.Batch(cmd, m.do(live.Command{Filter: &filter}))
		}
		return cmd
	}
	switch msg.String() {
	case "q", "esc":
		return tea.Quit
	case "space":
		paused := !m.snapshot.Paused
		return m.do(live.Command{Paused: &paused})
	case "n", "right":
		paused := true
		return m.do(live.Command{Paused: &paused, Step: m.snapshot.Paused})
	case "+", "=":
		return m.speed(faster(m.snapshot.Speed))
	case "-":
		return m.speed(slower(m.snapshot.Speed))
	case "m":
		return m.speed(0)
	}
	return nil
}

func (m *Model) speed(speed float64) tea.Cmd { return m.do(live.Command{Speed: &speed}) }

func (m *Model) do(command live.Command) tea.Cmd {
	if m.Ended() {
		return nil
	}
	return func() tea.Msg { return doneMsg{m.source.Do(m.ctx, command)} }
}

// speeds are those that the keys go through; after the last comes 0, as fast as
// possible.
var speeds = []float64{1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600}

func faster(speed float64) float64 {
	if speed == 0 {
		return 0
	}
	for _, s := range speeds {
		if s > speed {
			return s
		}
	}
	return 0
}

func slower(speed float64) float64 {
	for _, s := range slices.Backward(speeds) {
		if speed == 0 || s < speed {
			return s
		}
	}
	return speeds[0]
}

// meter tells how fast the run's time passes, over the last seconds.
type meter struct{ virtual, wall []time.Time }

const meterSamples = 30

func (m *meter) add(virtual, wall time.Time) {
	m.virtual, m.wall = append(m.virtual, virtual), append(m.wall, wall)
	if len(m.wall) > meterSamples {
		m.virtual, m.wall = m.virtual[1:], m.wall[1:]
	}
}

// rate is virtual seconds per wall second; 0: not known.
func (m *meter) rate() float64 {
	if len(m.wall) < 2 {
		return 0
	}
	last := len(m.wall) - 1
	took := m.wall[last].Sub(m.wall[0]).Seconds()
	if took <= 0 {
		return 0
	}
	return m.virtual[last].Sub(m.virtual[0]).Seconds() / took
}
