package xray

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/table"
	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"

	"simk.dev/simk/sim/tui"
	"simk.dev/simk/tracer"
)

// Model is the view.
type Model struct {
	trace Trace
	index *index // nil: still being read

	list  tui.List
	width int
	// matches are the numbers of what the present tab shows.
	matches []int
	// page is the detail that is open; about is its title, empty: none is.
	page  viewport.Model
	about string
}

// New returns a view of a trace.
func New(t Trace) *Model {
	return &Model{trace: t, list: tui.NewList("Events", "Lifecycles", "Findings"), page: viewport.New(), width: 80}
}

// The tabs.
const (
	tabEvents = iota
	tabLives
	tabFindings
)

// headLines are above the list.
const headLines = 3

// maxMatches bounds the rows of the list: nobody scrolls through more.
const maxMatches = 10_000

type (
	readMsg   struct{ index *index }
	detailMsg struct{ about, text string }
)

// Init reads the trace.
func (m *Model) Init() tea.Cmd {
	return func() tea.Msg { return readMsg{read(m.trace)} }
}

// Update takes what was read, keys and the terminal's size.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case readMsg:
		m.index = msg.index
		m.fill()
	case detailMsg:
		if m.about == msg.about { // not closed meanwhile
			m.page.SetContent(msg.text)
		}
	case tea.WindowSizeMsg:
		m.width = msg.Width
		m.list.SetSize(msg.Width, msg.Height-headLines)
		m.page.SetWidth(msg.Width)
		m.page.SetHeight(max(msg.Height-2, 1))
	case tea.KeyPressMsg:
		return m, m.press(msg)
	}
	return m, nil
}

func (m *Model) press(msg tea.KeyPressMsg) tea.Cmd {
	pressed := msg.String()
	switch {
	case pressed == "ctrl+c":
		return tea.Quit
	case m.about != "":
		if pressed == "esc" || pressed == "q" || pressed == "enter" {
			m.about = ""
			return nil
		}
		var cmd tea.Cmd
		m.page, cmd = m.page.Update(msg)
		return cmd
	}
	tab, filter := m.list.Tab, m.list.Filter()
	if taken, cmd := m.list.Update(msg); taken {
		if m.list.Tab != tab || m.list.Filter() != filter {
			m.fill()
		}
		return cmd
	}
	switch pressed {
	case "q", "esc":
		return tea.Quit
	case "enter":
		return m.open()
	}
	return nil
}

// open shows the selected row's detail. An object has to be read, which takes time.
func (m *Model) open() tea.Cmd {
	at := m.list.Cursor()
	if m.index == nil || at < 0 || at >= len(m.matches) {
		return nil
	}
	n := m.matches[at]
	switch m.list.Tab {
	case tabEvents:
		c := m.index.changes[n]
		m.show(fmt.Sprintf("%s, %s at %s", c.ref, c.verb, when(&c)), "reading…")
		about, index, trace := m.about, m.index, m.trace
		return func() tea.Msg { return detailMsg{about, index.describe(trace, c)} }
	case tabLives:
		l := &m.index.head.Lifecycles[n]
		m.show("lives of the pods of "+l.Owner.String(), lives(l))
	case tabFindings:
		f := m.index.findings[n]
		m.show(f.Code, explain(f))
	}
	return nil
}

func (m *Model) show(about, text string) {
	m.about = tui.Clean(about)
	m.page.SetContent(text)
	m.page.GotoTop()
}

// fill puts what matches the filter into the list.
func (m *Model) fill() {
	m.matches = m.matches[:0]
	if m.index == nil {
		return
	}
	var rows []table.Row
	filter := strings.ToLower(m.list.Filter())
	add := func(n int, searched string, row func() table.Row) (more bool) {
		if filter == "" || strings.Contains(strings.ToLower(searched), filter) {
			m.matches = append(m.matches, n)
			rows = append(rows, row())
		}
		return len(rows) < maxMatches
	}
	var columns []tui.Column
	switch m.list.Tab {
	case tabEvents:
		columns = []tui.Column{{Title: "AT", Width: 12}, {Title: "WHAT", Width: 7}, {Title: "KIND", Width: 22},
			{Title: "NAMESPACE", Share: 1}, {Title: "NAME", Share: 2}, {Title: "FINDINGS", Width: 12}}
		for i := range m.index.changes {
			c := &m.index.changes[i]
			if !add(i, c.ref.String()+" "+c.verb+" "+c.badge, func() table.Row {
				return table.Row{when(c), c.verb, c.ref.Kind, c.ref.Namespace, c.ref.Name, c.badge}
			}) {
				break
			}
		}
	case tabLives:
		if m.index.head == nil {
			break
		}
		columns = []tui.Column{{Title: "OWNER", Share: 1}, {Title: "PODS", Width: 6}, {Title: "ENDED", Width: 6},
			{Title: "FAILED", Width: 6}, {Title: "LONGEST RUN", Width: 14}}
		for i := range m.index.head.Lifecycles {
			l := &m.index.head.Lifecycles[i]
			if !add(i, l.Owner.String(), func() table.Row { return livesRow(l) }) {
				break
			}
		}
	case tabFindings:
		columns = []tui.Column{{Title: "CODE", Width: 6}, {Title: "TIMES", Width: 6}, {Title: "OBJECT", Share: 2}, {Title: "WHAT", Share: 4}}
		for i, f := range m.index.findings {
			object := ""
			if f.Object != nil {
				object = f.Object.String()
			}
			if !add(i, f.Code+" "+object+" "+f.Message, func() table.Row {
				return table.Row{f.Code, strconv.Itoa(f.Count), object, f.Message}
			}) {
				break
			}
		}
	}
	m.list.SetRows(columns, rows)
}

func livesRow(l *tracer.OwnerLifecycles) table.Row {
	ended, failed, longest := 0, 0, time.Duration(0)
	for _, p := range l.Pods {
		if p.HasRunFor {
			ended++
			longest = max(longest, p.RunFor)
		}
		if p.ExitCode != 0 {
			failed++
		}
	}
	return table.Row{l.Owner.String(), strconv.Itoa(len(l.Pods)), strconv.Itoa(ended), strconv.Itoa(failed), tracer.FormatDuration(longest)}
}

var keys = []key.Binding{tui.Key("enter", "open"), tui.Key("tab", "view"), tui.Key("/", "search"), tui.Key("q", "quit")}

// View draws the list, or the detail that is open.
func (m *Model) View() tea.View {
	var text string
	if m.about != "" {
		text = tui.Fit(tui.Bold.Render(m.about), m.width) + "\n" + m.page.View() + "\n" + tui.Faint.Render("↑↓ scroll • esc back")
	} else {
		text = tui.Fit(tui.Bold.Render("simk "+tui.Clean(m.trace.Name)), m.width) + "\n" + m.summary() + "\n" + m.list.View(m.note(), keys...)
	}
	v := tea.NewView(text)
	v.AltScreen = true
	v.WindowTitle = "simk: " + tui.Clean(m.trace.Name)
	return v
}

// summary is two lines about the whole trace.
func (m *Model) summary() string {
	if m.index == nil {
		return "reading…\n"
	}
	trouble := ""
	if m.index.err != nil {
		trouble = tui.Fit(tui.Bad.Render(tui.Clean(m.index.err.Error())), m.width)
	}
	if m.index.head == nil {
		return "\n" + trouble
	}
	h := m.index.head
	span := "ends when nothing changes any more"
	if h.HasDuration {
		span = "lasts " + tracer.FormatDuration(h.Duration)
	}
	text := fmt.Sprintf("starts %s, %s; %d objects at the start, %d events; %d errors, %d warnings",
		h.StartTime.UTC().Format("2006-01-02 15:04:05 MST"), span, len(h.Objects), m.index.events, m.index.errors, m.index.warnings)
	return tui.Fit(text, m.width) + "\n" + trouble
}

func (m *Model) note() string {
	if len(m.matches) == maxMatches {
		return fmt.Sprintf("the first %d, / searches", maxMatches)
	}
	return strconv.Itoa(len(m.matches))
}
