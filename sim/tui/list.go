package tui

import (
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/table"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// Column of a list: Width cells wide, or with a share of what the others leave.
type Column struct {
	Title string
	Width int
	Share int
}

// List is what all views are made of: tabs, a table that scrolls, and a filter that
// is typed after a slash.
type List struct {
	Tabs []string
	Tab  int

	width, height int
	columns       []Column
	table         table.Model
	filter        textinput.Model
	typing        bool
	help          help.Model
}

// NewList returns a list with tabs.
func NewList(tabs ...string) List {
	moves := table.DefaultKeyMap()
	// Letters and space are the views' own.
	moves.LineUp.SetKeys("up", "k")
	moves.LineDown.SetKeys("down", "j")
	moves.PageUp.SetKeys("pgup")
	moves.PageDown.SetKeys("pgdown")
	moves.HalfPageUp.Unbind()
	moves.HalfPageDown.Unbind()
	style := table.Styles{
		Header:   lipgloss.NewStyle().Bold(true).PaddingRight(1),
		Cell:     lipgloss.NewStyle().PaddingRight(1),
		Selected: lipgloss.NewStyle().Reverse(true),
	}
	filter := textinput.New()
	filter.Prompt = "/"
	filter.CharLimit = 200
	return List{
		Tabs: tabs, width: 80, height: 10, filter: filter, help: help.New(),
		table: table.New(table.WithFocused(true), table.WithKeyMap(moves), table.WithStyles(style)),
	}
}

// Filter is the text that rows are to contain.
func (l *List) Filter() string { return l.filter.Value() }

// Typing tells whether keys are letters of the filter, none of the view's.
func (l *List) Typing() bool { return l.typing }

// Cursor is the number of the selected row.
func (l *List) Cursor() int { return l.table.Cursor() }

// SetSize gives the list its place on the screen: tabs, table and keys.
func (l *List) SetSize(width, height int) {
	l.width, l.height = width, max(height, 4)
	l.help.SetWidth(width)
	l.layOut()
}

// SetRows shows rows of the present tab.
func (l *List) SetRows(columns []Column, rows []table.Row) {
	l.columns = columns
	for _, row := range rows {
		for i := range row {
			row[i] = Clean(row[i])
		}
	}
	at := max(l.table.Cursor(), 0)
	l.table.SetRows(nil) // the old rows may have more columns
	l.layOut()
	l.table.SetRows(rows)
	l.table.SetCursor(0)
	l.table.MoveDown(min(at, len(rows)-1)) // scrolls there, as SetCursor does not
}

// layOut divides the width among the columns.
func (l *List) layOut() {
	left, shares := l.width, 0
	for _, c := range l.columns {
		left -= c.Width + 1
		shares += c.Share
	}
	var all []table.Column
	for _, c := range l.columns {
		width := c.Width
		if c.Share > 0 {
			width += max(left*c.Share/shares, 4)
		}
		all = append(all, table.Column{Title: c.Title, Width: width})
	}
	l.table.SetColumns(all)
	l.table.SetWidth(l.width)
	l.table.SetHeight(l.height - 2)
}

// Update takes keys that move, choose a tab or type the filter. It tells whether the
// key was meant for the list.
func (l *List) Update(msg tea.KeyPressMsg) (bool, tea.Cmd) {
	var cmd tea.Cmd
	switch pressed := msg.String(); {
	case l.typing && pressed == "enter":
		l.typing = false
		l.filter.Blur()
	case pressed == "esc" && (l.typing || l.Filter() != ""):
		l.typing = false
		l.filter.Blur()
		l.filter.SetValue("")
		l.table.GotoTop()
	case l.typing:
		l.filter, cmd = l.filter.Update(msg)
		l.table.GotoTop()
	case pressed == "/":
		l.typing = true
		cmd = l.filter.Focus()
	case pressed == "tab", pressed == "shift+tab":
		step := 1
		if pressed == "shift+tab" {
			step = len(l.Tabs) - 1
		}
		l.choose((l.Tab + step) % len(l.Tabs))
	case len(pressed) == 1 && pressed[0] >= '1' && int(pressed[0]-'1') < len(l.Tabs):
		l.choose(int(pressed[0] - '1'))
	case key.Matches(msg, l.table.KeyMap.LineUp, l.table.KeyMap.LineDown, l.table.KeyMap.PageUp, l.table.KeyMap.PageDown,
		l.table.KeyMap.GotoTop, l.table.KeyMap.GotoBottom):
		l.table, cmd = l.table.Update(msg)
	default:
		return false, nil
	}
	return true, cmd
}

func (l *List) choose(tab int) {
	l.Tab = tab
	l.table.GotoTop()
}

// View draws the list; note stands beside the tabs, keys at the end.
func (l *List) View(note string, keys ...key.Binding) string {
	var tabs []string
	for i, title := range l.Tabs {
		text := string(rune('1'+i)) + " " + title
		if i == l.Tab {
			text = Bold.Underline(true).Render(text)
		}
		tabs = append(tabs, text)
	}
	head := strings.Join(tabs, "   ") + "   " + Faint.Render(note)
	if l.typing || l.Filter() != "" {
		head = l.filter.View() + "   " + head
	}
	return Fit(head, l.width) + "\n" + l.table.View() + "\n" + l.help.ShortHelpView(keys)
}

// Key describes a key for the line at the end.
func Key(name, does string) key.Binding {
	return key.NewBinding(key.WithKeys(name), key.WithHelp(name, does))
}
