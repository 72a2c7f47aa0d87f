// Package html writes a run as a page to look at, and several runs as a page to
// compare them.
//
// A page is one file that needs nothing else: data, styles, scripts and the chart
// library are in it, and a content security policy keeps it from loading anything
// or running any other script. The functions are pure: the same report and
// history give the same bytes.
//
// What a page shows is bounded however long and large the run was: the report is
// bounded by itself, nodes are drawn in bands, and of the pods only the worst of
// each kind are listed.
//
// Names, reasons and messages come from the trace and are not trusted. They are
// in the page as JSON alone, and its scripts enter them as text.
package html

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"simk.dev/simk/sim/history"
	"simk.dev/simk/sim/report"
)

//go:embed page
var files embed.FS

//go:embed charts/echarts.min.js
var charts string

// The scripts of the pages, in order; all are functions in one scope.
var (
	common        = []string{"format.js", "dom.js", "theme.js", "chart.js", "search.js", "timeline.js"}
	reportScripts = slices.Concat(common, []string{"detail.js", "time.js", "scaling.js", "heat.js", "pods.js", "report.js", "start.js"})
)

// WriteReport writes the page of one run: r must be the report of h.
func WriteReport(w io.Writer, r *report.Report, h *history.History) error {
	return reportPage(r, h).write(w)
}

func reportPage(r *report.Report, h *history.History) page {
	return page{
		title:   titleOf(r),
		data:    reportData{Report: r, Detail: detailOf(r, h)},
		scripts: reportScripts,
	}
}

// reportData is what the page's scripts get.
type reportData struct {
	Report *report.Report `json:"report"`
	Detail detail         `json:"detail"`
}

func titleOf(r *report.Report) string {
	if r.Trace.Name == "" {
		return "simk report"
	}
	return r.Trace.Name + " · simk report"
}

// page is a page before it is written.
type page struct {
	title   string
	data    any      // the scripts' input
	scripts []string // of folder page
	extra   string   // a last script; tests drive the page with it
}

var layout = template.Must(template.ParseFS(files, "page/page.html"))

// write puts the page together. Each script's digest is in its policy: a browser
// runs these and no other.
func (p page) write(w io.Writer) error {
	data, err := json.Marshal(p.data) // escapes <, > and &: it cannot end its element
	if err != nil {
		return err
	}
	own := p.source() + p.extra
	style := read("style.css")
	var out bytes.Buffer
	err = layout.Execute(&out, map[string]any{
		"Title":  p.title,
		"Policy": policy(charts, own),
		"Style":  template.CSS(style),
		"Data":   template.JS(data),
		"Charts": template.JS(charts),
		"Own":    template.JS(own),
	})
	if err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}

// source joins the page's scripts.
func (p page) source() string {
	var b strings.Builder
	b.WriteString("'use strict';\n(() => {\n")
	for _, name := range p.scripts {
		b.WriteString(read(name))
	}
	b.WriteString("})();\n")
	return b.String()
}

// policy allows no connection and no script but these. Styles are set by the
// chart library.
func policy(scripts ...string) string {
	sources := make([]string, 0, len(scripts))
	for _, s := range scripts {
		sum := sha256.Sum256([]byte(s))
		sources = append(sources, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return fmt.Sprintf("default-src 'none'; script-src %s; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'",
		strings.Join(sources, " "))
}

func read(name string) string {
	b, err := files.ReadFile("page/" + name)
	if err != nil {
		panic(err) // embedded
	}
	return string(b)
}
