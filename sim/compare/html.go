package compare

import (
	"io"
	"strings"

	"simk.dev/simk/sim/report/html"
)

// WriteHTML writes a page with the table, the runs drawn over each other, and who
// changed. The runs are those that the comparison was made of.
func (c *Comparison) WriteHTML(w io.Writer, runs []Run) error {
	main := html.Table{Title: "Figures", Headers: append([]string{""}, c.Runs...)}
	said := c.Notes
	if c.Seeds > 1 {
		said = append([]string{spreadNote(c.Seeds)}, said...)
	}
	main.Note = strings.Join(said, " ")
	for _, row := range c.Rows {
		if row.boring() {
			continue
		}
		cells := []html.Cell{{Text: row.Label}}
		for i, v := range row.Values {
			text := strings.TrimSuffix(strings.TrimSuffix(v.text(row.Unit, i > 0), " better)"), " WORSE)")
			cells = append(cells, html.Cell{Text: text, Mark: marks[v.Verdict]})
			if last := &cells[len(cells)-1]; last.Mark != html.Neutral {
				last.Text += ")" // the mark says what the word did
			}
		}
		main.Rows = append(main.Rows, cells)
	}
	tables := []html.Table{main}
	for _, change := range c.Changes {
		if t := change.table(c.Runs[0]); len(t.Rows) > 0 {
			tables = append(tables, t)
		}
	}
	var drawn []html.Run
	for _, r := range runs {
		drawn = append(drawn, html.Run{Name: r.Name, Report: r.Reports[0]})
	}
	return html.WriteCompare(w, strings.Join(c.Runs, " against "), tables, drawn)
}

var marks = map[Verdict]html.Mark{Good: html.Better, Bad: html.Worse}

func (c Change) table(base string) html.Table {
	t := html.Table{Title: c.Run + " against " + base, Headers: []string{"", "what changed"}}
	for _, side := range []struct {
		mark   html.Mark
		owners []OwnerChange
		pods   []PodChange
	}{{html.Worse, c.WorseOwners, c.WorsePods}, {html.Better, c.BetterOwners, c.BetterPods}} {
		for _, o := range side.owners {
			t.Rows = append(t.Rows, []html.Cell{{Text: o.Owner}, {Text: o.text(), Mark: side.mark}})
		}
		for _, p := range side.pods {
			t.Rows = append(t.Rows, []html.Cell{{Text: "pod " + p.Pod}, {Text: p.text(), Mark: side.mark}})
		}
	}
	for _, o := range c.MissingOwners {
		t.Rows = append(t.Rows, []html.Cell{{Text: o.Owner}, {Text: o.text()}})
	}
	return t
}
