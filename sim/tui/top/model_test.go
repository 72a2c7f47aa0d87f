package top

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"

	"simk.dev/simk/sim/live"
)

// run is one to look at, which remembers what it was told.
type run struct {
	told []live.Command
	err  error // of the next command
}

func (r *run) Next(context.Context) (live.Snapshot, error) { return live.Snapshot{}, io.EOF }

func (r *run) Do(_ context.Context, c live.Command) error {
	r.told = append(r.told, c)
	return r.err
}

func view(t *testing.T) (*Model, *run) {
	r := &run{}
	m := New(t.Context(), "trace.json", r)
	m.Update(tea.WindowSizeMsg{Width: 100, Height: 30})
	return m, r
}

// press presses a key and does what comes of it, as bubbletea would.
func press(m *Model, key tea.KeyPressMsg) {
	if _, cmd := m.Update(key); cmd != nil {
		do(m, cmd())
	}
}

func do(m *Model, msg tea.Msg) {
	if all, ok := msg.(tea.BatchMsg); ok {
		for _, cmd := range all {
			if cmd != nil {
				do(m, cmd())
			}
		}
		return
	}
	m.Update(msg)
}

func letter(r rune) tea.KeyPressMsg { return tea.KeyPressMsg{Code: r, Text: string(r)} }

func shown(m *Model) string { return ansi.Strip(m.View().Content) }

// Space pauses a run and lets it go on.
func TestSpacePausesAndResumes(t *testing.T) {
	m, r := view(t)
	press(m, tea.KeyPressMsg{Code: tea.KeySpace, Text: " "})
	m.Update(snapshotMsg{Paused: true})
	press(m, tea.KeyPressMsg{Code: tea.KeySpace, Text: " "})
	if assert.Len(t, r.told, 2) {
		assert.True(t, *r.told[0].Paused)
		assert.False(t, *r.told[1].Paused)
	}
}

// The first n pauses a run that goes on; each further one is a step.
func TestStepsBeginWithAPause(t *testing.T) {
	m, r := view(t)
	press(m, letter('n'))
	m.Update(snapshotMsg{Paused: true})
	press(m, letter('n'))
	if assert.Len(t, r.told, 2) {
		assert.True(t, *r.told[0].Paused)
		assert.False(t, r.told[0].Step)
		assert.True(t, *r.told[1].Paused)
		assert.True(t, r.told[1].Step)
	}
}

// Speeds go up to the fastest and then to as fast as possible, and down to real time.
func TestSpeedKeysHaveEnds(t *testing.T) {
	for _, test := range []struct {
		from, faster, slower float64
	}{
		{1, 2, 1}, {3, 5, 2}, {60, 120, 30}, {3600, 0, 1800}, {5000, 0, 3600}, {0, 0, 3600}, {0.5, 1, 1},
	} {
		m, r := view(t)
		m.Update(snapshotMsg{Speed: test.from})
		press(m, letter('+'))
		press(m, letter('-'))
		press(m, letter('m'))
		if assert.Len(t, r.told, 3) {
			assert.Equal(t, test.faster, *r.told[0].Speed, "faster than %v", test.from)
			assert.Equal(t, test.slower, *r.told[1].Speed, "slower than %v", test.from)
			assert.Zero(t, *r.told[2].Speed)
		}
	}
}

// What is wrong with a command is shown until the next one.
func TestTroubleIsShownUntilTheNextCommand(t *testing.T) {
	m, r := view(t)
	m.Update(snapshotMsg{})
	r.err = errors.New("the run does not listen")
	press(m, letter('m'))
	assert.Contains(t, shown(m), "the run does not listen")
	r.err = nil
	press(m, letter('m'))
	assert.NotContains(t, shown(m), "the run does not listen")
}

// A run that is over is still shown, and is told nothing more.
func TestRunThatIsOverStaysOnTheScreen(t *testing.T) {
	m, r := view(t)
	m.Update(snapshotMsg{Over: true, PodRows: []live.Pod{{Name: "last"}}})
	_, cmd := m.Update(endedMsg{io.EOF})
	assert.Nil(t, cmd, "the view is left")
	press(m, letter('m'))
	assert.Empty(t, r.told)
	assert.True(t, m.Ended())
	assert.Contains(t, shown(m), "over; q leaves")
	assert.Contains(t, shown(m), "last")
}

// A run that breaks off closes the view, which says why; ctrl+c stops the run, too.
func TestViewCloses(t *testing.T) {
	m, _ := view(t)
	_, cmd := m.Update(endedMsg{errors.New("connection lost")})
	assert.Equal(t, tea.QuitMsg{}, cmd())
	assert.EqualError(t, m.Err, "connection lost")
	assert.False(t, m.Stopped)

	m, _ = view(t)
	_, cmd = m.Update(tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl})
	assert.Equal(t, tea.QuitMsg{}, cmd())
	assert.True(t, m.Stopped)
}

// The filter holds at once for what is there, and the run hears of it.
func TestFilterIsForTheRunToo(t *testing.T) {
	m, r := view(t)
	m.Update(snapshotMsg{PodRows: []live.Pod{{Name: "web-1"}, {Name: "db-1"}, {Name: "x", Owner: "Deployment/web"}, {Name: "y", Node: "web-node"}}})
	for _, key := range "/web" {
		press(m, letter(key))
	}
	screen := shown(m)
	assert.Contains(t, screen, "web-1")
	assert.Contains(t, screen, "web-node")
	assert.NotContains(t, screen, "db-1")
	if assert.Len(t, r.told, 3, "one for each letter") {
		assert.Equal(t, "web", *r.told[2].Filter)
	}
}

// Events are kept to scroll through, the latest first, up to a bound.
func TestLatestEventsAreKept(t *testing.T) {
	m, _ := view(t)
	for n := range keptLines + 5 {
		m.Update(snapshotMsg{Log: []live.Line{{Object: fmt.Sprintf("Pod shop/p-%04d", n)}}})
	}
	press(m, letter('3'))
	assert.Len(t, m.log, keptLines)
	assert.Equal(t, "Pod shop/p-0005", m.log[0].Object)
	screen := shown(m)
	assert.Less(t, strings.Index(screen, "p-1004"), strings.Index(screen, "p-1003"))
}

// Amounts are as Kubernetes writes them, bytes in Gi; nodes say whether they are ready.
func TestNodesAndAmounts(t *testing.T) {
	m, _ := view(t)
	cpu := live.Resource{Name: "cpu", Requested: 1500, Allocatable: 4000}
	memory := live.Resource{Name: "memory", Requested: 3 << 29, Allocatable: 8 << 30}
	gpu := live.Resource{Name: "nvidia.com/gpu", Requested: 1, Allocatable: 2}
	all := []live.Resource{cpu, memory, gpu}
	m.Update(snapshotMsg{Resources: all, NodeRows: []live.Node{{Name: "n", Pods: 3, Resources: all}}, NodesMatching: 7})
	press(m, letter('2'))
	screen := shown(m)
	for _, want := range []string{"NotReady", "1500m/4", "1.5Gi/8.0Gi", "1/2", "1 of 7, / filters", "cpu █████░░░░░░░ 38 %"} {
		assert.Contains(t, screen, want)
	}
}

// A run with an end says how far it is and when it will be there, while time passes.
func TestProgressHasAnEstimate(t *testing.T) {
	m, _ := view(t)
	now := time.Now()
	m.snapshot = live.Snapshot{Phase: "replay", At: time.Hour, End: 4 * time.Hour, Events: 3, EventsTotal: 9}
	m.meter = meter{virtual: []time.Time{now, now.Add(time.Hour)}, wall: []time.Time{now, now.Add(time.Minute)}}
	line := ansi.Strip(m.progress())
	assert.Contains(t, line, "replay  at 1h0m0s of 4h0m0s")
	assert.Contains(t, line, "25 %  ETA 3m0s  events 3/9")
	m.snapshot.Paused = true
	assert.NotContains(t, m.progress(), "ETA")
	m.snapshot.End = 0
	assert.Equal(t, "replay  at 1h0m0s  events 3/9", m.progress())
}

// Above the list stands what fits, in as many lines each time: the list would jump.
func TestHeadKeepsItsHeight(t *testing.T) {
	m, _ := view(t)
	assert.Len(t, m.head(), headLines)
	m.Update(snapshotMsg{Time: time.Now(), Resources: []live.Resource{{Name: strings.Repeat("long", 50), Allocatable: 1}}})
	m.Update(tea.WindowSizeMsg{Width: 40, Height: 20})
	assert.Len(t, m.head(), headLines)
	for _, line := range strings.Split(m.View().Content, "\n")[:headLines] {
		assert.LessOrEqual(t, ansi.StringWidth(line), 40, line)
	}
}
