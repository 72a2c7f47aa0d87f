package top

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/table"
	tea "charm.land/bubbletea/v2"
	"k8s.io/apimachinery/pkg/api/resource"

	"simk.dev/simk/sim/live"
	"simk.dev/simk/sim/tui"
)

// headLines are above the list.
const headLines = 5

var keys = []key.Binding{
	tui.Key("space", "pause"), tui.Key("n", "next event"), tui.Key("+/-", "speed"), tui.Key("m", "max"),
	tui.Key("tab", "view"), tui.Key("/", "filter"), tui.Key("q", "leave"), tui.Key("ctrl+c", "stop the run"),
}

// View draws all.
func (m *Model) View() tea.View {
	var b strings.Builder
	for _, line := range m.head() {
		b.WriteString(tui.Fit(line, m.width) + "\n")
	}
	v := tea.NewView(b.String() + m.list.View(m.note(), keys...))
	v.AltScreen = true
	v.WindowTitle = "simk: " + tui.Clean(m.title)
	return v
}

// head says how far the run is and what the cluster does.
func (m *Model) head() []string {
	s := &m.snapshot
	title := tui.Bold.Render("simk "+tui.Clean(m.title)) + "  "
	if !m.seen {
		return []string{title + "starting…", "", "", "", ""}
	}
	lines := []string{
		title + s.Time.Format("2006-01-02 15:04:05 MST") + "  " + m.pace(),
		m.progress(),
		fmt.Sprintf("pods   %s pending   %s running   %s done      nodes  %d",
			m.count(s.Pending, true), m.count(s.Running, false), m.count(s.Done, false), s.Nodes),
		m.resources(),
	}
	return append(lines, tui.Bad.Render(tui.Clean(m.trouble)))
}

func (m *Model) count(n int, bad bool) string {
	if bad && n > 0 {
		return tui.Warn.Render(strconv.Itoa(n))
	}
	return tui.Bold.Render(strconv.Itoa(n))
}

func (m *Model) pace() string {
	s := &m.snapshot
	switch {
	case m.Ended():
		return tui.Good.Render("over; q leaves")
	case s.Paused:
		return tui.Warn.Render("paused")
	case s.Speed == 0:
		return fmt.Sprintf("speed max (%.0f)", m.meter.rate())
	}
	return fmt.Sprintf("speed %g (%.0f)", s.Speed, m.meter.rate())
}

func (m *Model) progress() string {
	s := &m.snapshot
	text := s.Phase + "  at " + tui.Offset(s.At)
	if s.End > 0 {
		share := float64(s.At) / float64(s.End)
		text += fmt.Sprintf(" of %s  %s %.0f %%", tui.Offset(s.End), tui.Bar(share, 20), 100*share)
		if rate := m.meter.rate(); rate > 0 && !m.Ended() && !s.Paused && s.At < s.End {
			text += "  ETA " + tui.Offset(time.Duration(float64(s.End-s.At)/rate))
		}
	}
	return text + fmt.Sprintf("  events %d/%d", s.Events, s.EventsTotal)
}

func (m *Model) resources() string {
	var all []string
	for _, r := range m.snapshot.Resources {
		if r.Allocatable > 0 {
			share := float64(r.Requested) / float64(r.Allocatable)
			all = append(all, fmt.Sprintf("%s %s %.0f %%", tui.Clean(r.Name), tui.Bar(share, 12), 100*share))
		}
	}
	if len(all) == 0 {
		return tui.Faint.Render("no nodes")
	}
	return "requested  " + strings.Join(all, "   ")
}

// note says what the list leaves out.
func (m *Model) note() string {
	shown, matching := 0, 0
	switch m.list.Tab {
	case 0:
		shown, matching = len(m.snapshot.PodRows), m.snapshot.PodsMatching
	case 1:
		shown, matching = len(m.snapshot.NodeRows), m.snapshot.NodesMatching
	}
	if matching > shown {
		return fmt.Sprintf("%d of %d, / filters", shown, matching)
	}
	return ""
}

// fill puts the snapshot into the list.
func (m *Model) fill() {
	var rows []table.Row
	switch m.list.Tab {
	case 0:
		for i := range m.snapshot.PodRows {
			if p := &m.snapshot.PodRows[i]; m.matches(p.Namespace+"/"+p.Name, p.Owner, p.Node) {
				rows = append(rows, podRow(p, m.snapshot.At))
			}
		}
		m.list.SetRows([]tui.Column{{Title: "NAMESPACE", Width: 12}, {Title: "NAME", Share: 4}, {Title: "STATE", Width: 11},
			{Title: "FOR", Width: 9}, {Title: "NODE", Share: 2}, {Title: "WHY IT WAITS", Share: 5}}, rows)
	case 1:
		columns := []tui.Column{{Title: "NAME", Share: 3}, {Title: "STATE", Width: 9}, {Title: "PODS", Width: 5}}
		for _, r := range m.snapshot.Resources {
			columns = append(columns, tui.Column{Title: strings.ToUpper(r.Name), Share: 2})
		}
		for i := range m.snapshot.NodeRows {
			if n := &m.snapshot.NodeRows[i]; m.matches(n.Name) {
				rows = append(rows, nodeRow(n))
			}
		}
		m.list.SetRows(columns, rows)
	case 2:
		for i := len(m.log) - 1; i >= 0; i-- {
			if l := &m.log[i]; m.matches(l.Object, l.Reason, l.Message) {
				rows = append(rows, table.Row{tui.Offset(l.At), l.Type, l.Reason, l.Object, l.Message})
			}
		}
		m.list.SetRows([]tui.Column{{Title: "AT", Width: 10}, {Title: "TYPE", Width: 7}, {Title: "REASON", Width: 18},
			{Title: "OBJECT", Share: 2}, {Title: "MESSAGE", Share: 3}}, rows)
	}
}

// matches tells whether a row is to be seen. The run has left out most of the others
// already, but it hears of the filter a little later, and no more when it is over.
func (m *Model) matches(texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, m.list.Filter()) })
}

func podRow(p *live.Pod, now time.Duration) table.Row {
	return table.Row{p.Namespace, p.Name, p.State, tui.Offset(max(now-p.Since, 0)), p.Node, p.Reason}
}

func nodeRow(n *live.Node) table.Row {
	state := "Ready"
	if !n.Ready {
		state = "NotReady"
	}
	row := table.Row{n.Name, state, strconv.Itoa(n.Pods)}
	for _, r := range n.Resources {
		row = append(row, amount(r.Name, r.Requested)+"/"+amount(r.Name, r.Allocatable))
	}
	return row
}

// amount writes an amount as Kubernetes does, and bytes in Gi.
func amount(name string, n int64) string {
	switch {
	case name == "cpu":
		return resource.NewMilliQuantity(n, resource.DecimalSI).String()
	case strings.Contains(name, "memory") || strings.Contains(name, "storage"):
		return fmt.Sprintf("%.1fGi", float64(n)/(1<<30))
	}
	return resource.NewQuantity(n, resource.DecimalSI).String()
}
