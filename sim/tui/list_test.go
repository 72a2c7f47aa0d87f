package tui

import (
	"fmt"
	"strings"
	"testing"

	"charm.land/bubbles/v2/table"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
)

func rows(n int) (all []table.Row) {
	for i := range n {
		all = append(all, table.Row{fmt.Sprintf("row-%d", i), "x"})
	}
	return all
}

var columns = []Column{{Title: "NAME", Share: 1}, {Title: "X", Width: 3}}

// The selected row is on the screen, after keys and after new rows.
func TestListScrolls(t *testing.T) {
	l := NewList("One", "Two")
	l.SetSize(40, 12)
	l.SetRows(columns, rows(100))
	for range 50 {
		taken, _ := l.Update(tea.KeyPressMsg{Code: tea.KeyDown})
		assert.True(t, taken)
	}
	assert.Equal(t, 50, l.Cursor())
	assert.Contains(t, l.View(""), "row-50 ")
	l.SetRows(columns, rows(100))
	assert.Equal(t, 50, l.Cursor())
	assert.Contains(t, l.View(""), "row-50 ")
	l.Update(tea.KeyPressMsg{Code: tea.KeyEnd})
	l.SetRows(columns, rows(100))
	assert.Contains(t, l.View(""), "row-99 ")
	l.SetRows(columns, rows(3))
	assert.Equal(t, 2, l.Cursor())
	l.SetRows(columns, nil)
	assert.NotPanics(t, func() { l.View("") })
	for _, line := range strings.Split(l.View("a long note about what is not here"), "\n") {
		assert.LessOrEqual(t, ansi.StringWidth(line), 40, line)
	}
}

func TestListFilters(t *testing.T) {
	l := NewList("One", "Two")
	l.SetRows(columns, rows(3))
	for _, r := range "/ab2" {
		l.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	assert.Equal(t, "ab2", l.Filter())
	assert.True(t, l.Typing())
	l.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
	l.Update(tea.KeyPressMsg{Code: '2', Text: "2"})
	assert.Equal(t, 1, l.Tab, "a digit chooses a tab when nothing is typed")
	l.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
	assert.Empty(t, l.Filter())
	taken, _ := l.Update(tea.KeyPressMsg{Code: 'q', Text: "q"})
	assert.False(t, taken, "other keys are the view's")
}

func TestClean(t *testing.T) {
	assert.Equal(t, "a [31mb c", Clean("a\x1b[31mb\u202ec"))
}
