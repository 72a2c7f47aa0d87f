package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
)

// PartFigure is a value in the section of a part.
type PartFigure struct {
	// Path is where it stands in report.json, such as parts.backups.seconds.max.
	Path string
	// Value is a float64, a string or a bool.
	Value any
}

// PartFigures are all values in the sections of parts, in the order of their paths. A list
// counts as its length.
func PartFigures(r *Report) []PartFigure {
	if len(r.Parts) == 0 {
		return nil
	}
	text, err := json.Marshal(r.Parts)
	var sections any
	if err != nil || json.Unmarshal(text, &sections) != nil {
		return nil // a report with it could not be written
	}
	return flatten("parts", sections, nil)
}

func flatten(path string, value any, all []PartFigure) []PartFigure {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			all = flatten(path+"."+name, v[name], all)
		}
	case []any:
		all = append(all, PartFigure{path, float64(len(v))})
	case float64, string, bool:
		all = append(all, PartFigure{path, v})
	}
	return all
}

// parts lists them, without the word that they all begin with.
func (t *text) parts(r *Report) {
	const most = 40 // of all parts together
	all := PartFigures(r)
	if len(all) == 0 {
		return
	}
	t.line("")
	t.line("Parts")
	for _, f := range all[:min(len(all), most)] {
		value := oneLine(fmt.Sprint(f.Value))
		if n, ok := f.Value.(float64); ok {
			value = strconv.FormatFloat(math.Round(n*1e6)/1e6, 'f', -1, 64)
		}
		t.line("  %-48s %s", Cut(oneLine(f.Path[len("parts."):]), 48), value)
	}
	if more := len(all) - most; more > 0 {
		t.line("  and %s more in %s", count(more, "figure"), ReportFile)
	}
}
