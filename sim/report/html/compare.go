package html

import (
	"errors"
	"io"
	"slices"

	"simk.dev/simk/sim/report"
)

// Run is one of the runs that are compared.
type Run struct {
	Name   string
	Report *report.Report
}

// Mark says whether a cell of a table is good news.
type Mark string

// Marks; a better or worse cell also has an arrow, so that it does not depend on
// colours.
const (
	Neutral Mark = ""
	Better  Mark = "better"
	Worse   Mark = "worse"
)

// Cell is a cell of a table.
type Cell struct {
	Text string `json:"text"`
	Mark Mark   `json:"mark,omitempty"`
}

// Table is a table as it is to be shown. The first column names the rows.
type Table struct {
	Title string `json:"title"`
	// Note stands below the title; it may be empty.
	Note    string   `json:"note,omitempty"`
	Headers []string `json:"headers"`
	Rows    [][]Cell `json:"rows"`
}

// WriteCompare writes a page with tables and with the runs drawn over each other,
// from the timelines of their reports. There must be a run; the first is drawn as
// the one that others are compared with.
func WriteCompare(w io.Writer, title string, tables []Table, runs []Run) error {
	p, err := comparePage(title, tables, runs)
	if err != nil {
		return err
	}
	return p.write(w)
}

func comparePage(title string, tables []Table, runs []Run) (page, error) {
	if len(runs) == 0 {
		return page{}, errors.New("compare runs: there are none")
	}
	data := compareData{Title: title, Tables: append([]Table{}, tables...), Runs: []comparedRun{}}
	for _, r := range runs {
		data.Runs = append(data.Runs, comparedRun{Name: r.Name, Report: brief(r.Report)})
	}
	return page{title: title + " · simk compare", data: data, scripts: compareScripts}, nil
}

var compareScripts = slices.Concat(common, []string{"compare.js", "start.js"})

type compareData struct {
	Title  string        `json:"title"`
	Tables []Table       `json:"tables"`
	Runs   []comparedRun `json:"runs"`
}

type comparedRun struct {
	Name   string         `json:"name"`
	Report *report.Report `json:"report"`
}

// brief leaves out the lists that the page does not show, which are most of a
// report of many owners.
func brief(r *report.Report) *report.Report {
	b := *r
	b.Unschedulable, b.Owners, b.Namespaces, b.Rejections, b.Fidelity = nil, nil, nil, nil, nil
	return &b
}
