package tui

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// Styles of all views, in the terminal's own colours.
var (
	Bold  = lipgloss.NewStyle().Bold(true)
	Faint = lipgloss.NewStyle().Faint(true)
	Good  = lipgloss.NewStyle().Foreground(lipgloss.Green)
	Warn  = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
	Bad   = lipgloss.NewStyle().Foreground(lipgloss.Red)
)

// Clean makes a text of the trace or the cluster fit for one line of a terminal:
// what would steer it, or turn the order of letters, is taken out.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, text)
}

// Fit cuts a line, which may have styles, to a width.
func Fit(line string, width int) string { return ansi.Truncate(line, width, "…") }

// Bar draws a share, of 0 to 1, as a bar of that width.
func Bar(share float64, width int) string {
	full := min(max(int(share*float64(width)+0.5), 0), width)
	style := Good
	if share > 0.9 {
		style = Warn
	}
	return style.Render(strings.Repeat("█", full)) + Faint.Render(strings.Repeat("░", width-full))
}

// Offset writes an offset from the trace's start, or a length of time, to the second.
func Offset(d time.Duration) string {
	if d >= 24*time.Hour {
		return fmt.Sprintf("%dd%02dh%02dm%02ds", d/(24*time.Hour), d/time.Hour%24, d/time.Minute%60, d/time.Second%60)
	}
	return d.Truncate(time.Second).String()
}
