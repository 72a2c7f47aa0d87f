package compare

import (
	"fmt"
	"html"
	"io"
	"strings"

	"simk.dev/simk/sim/report"
)

// WriteMarkdown writes the table for a comment on a pull request: marks for better
// and worse, and who changed folded away.
func (c *Comparison) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| |")
	for _, name := range c.Runs {
		fmt.Fprintf(&b, " %s |", report.MarkdownCell(name))
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(c.Runs)) + "\n")
	for _, row := range c.Rows {
		if row.boring() {
			continue
		}
		fmt.Fprintf(&b, "| %s |", report.MarkdownCell(row.Label))
		for i, v := range row.Values {
			fmt.Fprintf(&b, " %s%s |", report.MarkdownCell(v.text(row.Unit, i > 0)), v.mark())
		}
		b.WriteString("\n")
	}
	if c.Seeds > 1 {
		fmt.Fprintf(&b, "\n%s\n", report.MarkdownCell(spreadNote(c.Seeds)))
	}
	for _, note := range c.Notes {
		fmt.Fprintf(&b, "\nNote: %s.\n", report.MarkdownCell(note))
	}
	for _, change := range c.Changes {
		var text strings.Builder
		change.text(&text, c.Runs[0])
		head, rest, _ := strings.Cut(strings.TrimLeft(text.String(), "\n"), "\n")
		if rest != "" {
			fmt.Fprintf(&b, "\n<details><summary>%s</summary>\n\n<pre>\n%s</pre>\n</details>\n", html.EscapeString(head), html.EscapeString(rest))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (v Value) mark() string {
	switch v.Verdict {
	case Good:
		return " ✅"
	case Bad:
		return " ❌"
	}
	return ""
}
