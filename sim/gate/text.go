package gate

import (
	"fmt"
	"io"
	"strings"

	"simk.dev/simk/sim/report"
)

// WriteText tells how gates fared: a line for each that passed, and for one that
// failed its figures and the worst offenders.
func WriteText(w io.Writer, results []Result) error {
	var b strings.Builder
	for _, r := range results {
		if r.Passed {
			fmt.Fprintf(&b, "gate passed: %s\n", r.Expression)
			continue
		}
		fmt.Fprintf(&b, "gate FAILED: %s\n", r.Expression)
		for _, line := range r.details() {
			fmt.Fprintf(&b, "    %s\n", line)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// details are lines on why a gate failed.
func (r *Result) details() []string {
	var lines []string
	for _, v := range r.Values {
		lines = append(lines, v.Name+" = "+v.Value)
	}
	for _, o := range r.Offenders {
		lines = append(lines, "worst: "+o.String())
	}
	return lines
}

// Failed counts the gates that failed.
func Failed(results []Result) int {
	n := 0
	for _, r := range results {
		if !r.Passed {
			n++
		}
	}
	return n
}

// WriteMarkdown writes the results as a table for a summary of a CI job.
func WriteMarkdown(w io.Writer, title string, results []Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### simk: %s\n\n| | gate | figures |\n|---|---|---|\n", report.MarkdownCell(title))
	for _, r := range results {
		mark := "✅"
		if !r.Passed {
			mark = "❌"
		}
		var figures []string
		for _, v := range r.Values {
			figures = append(figures, code(v.Name)+" = "+report.MarkdownCell(v.Value))
		}
		for _, o := range r.Offenders {
			figures = append(figures, "worst: "+report.MarkdownCell(o.String()))
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", mark, code(r.Expression), strings.Join(figures, "<br>"))
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// code writes text as code in a cell; GitHub takes | for the cell's end even there.
func code(s string) string { return "<code>" + report.MarkdownCell(s) + "</code>" }
